import type { StreamableFile } from '@nestjs/common';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Forbidden } from '../../platform/http/auth/auth.errors.ts';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import { AcceptsApiKeys } from '../../platform/http/auth/access.decorators.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../platform/http/auth/principal.ts';
import { IdParam } from '../../platform/http/openapi/id-param.decorator.ts';
import { Fails } from '../../platform/http/openapi/operation.decorators.ts';
import { headersOf } from '../../platform/http/server/response-headers.ts';
import { attachment } from '../../platform/http/streaming/attachment.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import { ArtifactExpired, ArtifactNotFound, ArtifactNotReady } from './jobs.errors.ts';
import { JobsService } from './jobs.service.ts';

@ApiTags('jobs')
@Controller('jobs')
export class JobArtifactController {
  constructor(
    private readonly jobs: JobsService,
    private readonly permissions: PermissionChecker,
  ) {}

  @Get(':id/artifact')
  @AcceptsApiKeys()
  @ApiResponse({
    status: 200,
    description: 'The content of the artifact.',
    headers: headersOf(['Content-Disposition']),
    // jobs.document.ts adds the media types that the types of job declare.
    content: {
      'application/octet-stream': { schema: { type: 'string', format: 'binary', maxLength: 1_099_511_627_776 } },
    },
  })
  @Fails(ArtifactNotReady, ArtifactNotFound, ArtifactExpired, Forbidden)
  @IdParam('the job')
  @ApiOperation({
    operationId: 'getJobArtifact',
    summary: 'Download a job artifact',
    description:
      'Returns the file that the job produced, for 7 days. Only its owner may download it, with the permission to ' +
      'create jobs of its type, and without an API key if the file is an `account.export`.',
  })
  async get(@Param('id', IdParamPipe) id: string, @CurrentPrincipal() caller: Principal): Promise<StreamableFile> {
    const { permissions, apiKeysAllowed } = await this.jobs.artifactAccess(id, caller);
    if (caller.apiKeyId !== undefined && !apiKeysAllowed) await this.permissions.rejectApiKey();
    await this.permissions.assertPermissions(permissions, caller.permissions);
    return attachment(await this.jobs.openArtifact(id));
  }
}
