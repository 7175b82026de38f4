import { Body, Controller, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Links } from '../../platform/config/links.ts';
import { RequirePermissions, RequireRecentAuthentication } from '../../platform/http/auth/access.decorators.ts';
import type { Commit } from '../../platform/http/idempotency/idempotency.decorators.ts';
import { PrepareBeforeTransaction } from '../../platform/http/idempotency/idempotency.decorators.ts';
import type { OperationContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Context } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { StreamsBody } from '../../platform/http/openapi/streams-body.decorator.ts';
import {
  ContentDigestMismatch,
  ContentDigestRequired,
  InvalidContentDigest,
} from '../../platform/http/problem/content-digest.errors.ts';
import { BodyMissing } from '../../platform/http/problem/http.errors.ts';
import { JobDto } from '../jobs/index.ts';
import { ImportUsersQuery } from './users-import.dto.ts';
import { UsersImportService } from './users-import.service.ts';
import { MalformedCsv } from './users.errors.ts';

const maxBytes = 50 * 1024 * 1024;
const example = 'email,displayName,locale,timezone,roles\nada@example.com,Ada Lovelace,en,Europe/London,user\n';

@ApiTags('users')
@Controller('users')
export class UsersImportController {
  constructor(
    private readonly imports: UsersImportService,
    private readonly links: Links,
  ) {}

  @Post('import')
  @RequirePermissions('users:import')
  @RequireRecentAuthentication()
  @PrepareBeforeTransaction()
  @StreamsBody({
    mediaType: 'text/csv',
    maxBytes,
    example,
    description:
      'A CSV file (RFC 4180) in UTF-8 of at most 50 MiB and 1,000,000 rows. The header names its columns: `email`, and ' +
      'any of `displayName`, `locale`, `timezone` and `roles`, whose entries are separated by spaces. An empty cell is ' +
      'an omitted field.',
  })
  @Returns(202, JobDto, 'Location', 'Retry-After')
  @Fails(MalformedCsv, ContentDigestRequired, InvalidContentDigest, ContentDigestMismatch)
  @ApiOperation({
    operationId: 'importUsers',
    summary: 'Import users',
    description:
      'Stores a CSV file of at most 50 MiB, and creates a job of the type `users.import` that creates an account ' +
      'without a password for each row. Rows are validated as in POST /v1/users; `roles` requires the permission ' +
      '`users:write`. A row whose email address has an account is skipped. The artifact of the job is a CSV report with ' +
      'a line for each row that created no user. Sends no invitations unless `invite` is true.',
  })
  async import(
    @Body() file: AsyncIterable<Uint8Array> | undefined,
    @Query() { invite }: ImportUsersQuery,
    @Context() { caller, reply }: OperationContext,
  ): Promise<Commit<JobDto>> {
    if (file === undefined) throw new BodyMissing();
    const start = await this.imports.store(file, { invite, ownerId: caller.userId });
    return async () => {
      const job = await start();
      void reply.header('Location', this.links.path(`/v1/jobs/${job.id}`)).header('Retry-After', '1');
      return JobDto.from(job);
    };
  }
}
