import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../platform/http/pagination/pagination.errors.ts';
import type { ListedAuditEvent } from './audit.service.ts';
import { AuditService } from './audit.service.ts';
import { AuditEventDto, AuditEventPage, auditFilterOf, ListAllAuditEventsQuery } from './audit-event.dto.ts';

@ApiTags('audit')
@Controller('audit-events')
export class AuditEventsController {
  constructor(
    private readonly audit: AuditService,
    private readonly pages: Paginator,
  ) {}

  @Get()
  @RequirePermissions('audit:read')
  @Returns(200, AuditEventPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @ApiOperation({
    operationId: 'listAuditEvents',
    summary: 'List audit events',
    description: 'Returns a page of the audit log, events about deleted users included.',
  })
  async list(@Query() query: ListAllAuditEventsQuery, @PageContext() context: PageRequest): Promise<AuditEventPage> {
    const filter = auditFilterOf(query);
    return await this.pages.paginate<ListedAuditEvent, AuditEventDto>(query, context, {
      slice: async (request) => await this.audit.list(filter, request),
      total: async () => await this.audit.count(filter),
      toItem: AuditEventDto.from,
    });
  }
}
