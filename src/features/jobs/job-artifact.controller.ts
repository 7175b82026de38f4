import type { StreamableFile } from '@nestjs/common';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Forbidden } from '../../http/auth/auth.errors.ts';
import { PermissionCheck } from '../../http/auth/permission-check.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails } from '../../http/openapi/operation.decorators.ts';
import { headersOf } from '../../http/openapi/response-headers.ts';
import { attachment } from '../../http/streaming/attachment.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { ArtifactExpired, ArtifactNone, ArtifactNotReady } from './jobs.errors.ts';
import { JobsService } from './jobs.service.ts';

@ApiTags('jobs')
@Controller('jobs')
export class JobArtifactController {
  constructor(
    private readonly jobs: JobsService,
    private readonly permissions: PermissionCheck,
  ) {}

  @Get(':id/artifact')
  @ApiResponse({
    status: 200,
    description: 'The file.',
    headers: headersOf(['Content-Disposition']),
    // Which media types files have is known of the types of job: job-artifact.document.ts.
    content: {
      'application/octet-stream': { schema: { type: 'string', format: 'binary', maxLength: 1_099_511_627_776 } },
    },
  })
  @Fails(ArtifactNotReady, ArtifactNone, ArtifactExpired, Forbidden)
  @IdParam('the job')
  @ApiOperation({
    operationId: 'getJobArtifact',
    summary: 'Download the file of a job',
    description: 'What a job has made, for 7 days, for its owner as long as they may ask for jobs of its type.',
  })
  async get(@Param('id', IdParamPipe) id: string, @CurrentPrincipal() caller: Principal): Promise<StreamableFile> {
    await this.permissions.demand(await this.jobs.neededForArtifact(id, caller), caller.permissions);
    return attachment(await this.jobs.openArtifact(id));
  }
}
