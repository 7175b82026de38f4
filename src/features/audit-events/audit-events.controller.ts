import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import type { ListedAuditEvent } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { AuditEventDto, AuditEventPage, ListAllAuditEventsQuery } from './audit-event.dto.ts';

@ApiTags('audit')
@Controller('audit-events')
export class AuditEventsController {
  constructor(
    private readonly audit: AuditService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequirePermissions('audit:read')
  @Returns(200, AuditEventPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @ApiOperation({
    operationId: 'listAuditEvents',
    summary: 'List audit events',
    description: 'What was done or refused, to whom and by whom, a page at a time; also about users who are gone.',
  })
  async list(@Query() query: ListAllAuditEventsQuery, @Listing() exchange: ListExchange): Promise<AuditEventPage> {
    const { sort, event, outcome, actorId, subjectId, since, until } = query;
    const filter = { event, outcome, actorId, subjectId, since, until, descending: sort.startsWith('-') };
    return await this.pages.answer<ListedAuditEvent, AuditEventDto>(query, exchange, {
      slice: async (request) => await this.audit.list(filter, request),
      total: async () => await this.audit.count(filter),
      toItem: AuditEventDto.from,
    });
  }
}
