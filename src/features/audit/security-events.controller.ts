import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../platform/http/pagination/pagination.errors.ts';
import type { ListedAuditEvent } from './audit.service.ts';
import { AuditService } from './audit.service.ts';
import { ListAuditEventsQuery } from './audit-event.dto.ts';
import { SecurityEventDto, SecurityEventPage } from './security-event.dto.ts';

@ApiTags('audit')
@Controller('auth/security-events')
export class SecurityEventsController {
  constructor(
    private readonly audit: AuditService,
    private readonly pages: Paginator,
  ) {}

  @Get()
  @Returns(200, SecurityEventPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @ApiOperation({
    operationId: 'listSecurityEvents',
    summary: 'List your security events',
    description: 'Returns a page of logins, failed logins, revoked sessions and changes of the account.',
  })
  async list(@Query() query: ListAuditEventsQuery, @PageContext() context: PageRequest): Promise<SecurityEventPage> {
    const { sort, event, outcome } = query;
    const filter = { subjectId: context.caller.userId, event, outcome, descending: sort.startsWith('-') };
    return await this.pages.paginate<ListedAuditEvent, SecurityEventDto>(query, context, {
      slice: async (request) => await this.audit.list(filter, request),
      total: async () => await this.audit.count(filter),
      toItem: (row) => SecurityEventDto.from(row, context.caller),
    });
  }
}
