import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import type { ListedAuditEvent } from '../audit/audit.service.ts';
import { AuditEventDto, AuditEventPage, ListAuditEventsQuery } from './audit-event.dto.ts';
import { UsersService } from '../users/users.service.ts';

@ApiTags('audit')
@Controller('users/:id/audit-events')
export class UserAuditEventsController {
  constructor(
    private readonly users: UsersService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequirePermissions('audit:read')
  @Returns(200, AuditEventPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @IdParam('the user, who may have been deleted')
  @ApiOperation({
    operationId: 'listUserAuditEvents',
    summary: "List a user's audit events",
    description: 'What was done to a user, or refused, and by whom; a page at a time.',
  })
  async list(
    @Param('id', IdParamPipe) id: string,
    @Query() query: ListAuditEventsQuery,
    @Listing() exchange: ListExchange,
  ): Promise<AuditEventPage> {
    const { sort, event, outcome } = query;
    const filter = { event, outcome, descending: sort.startsWith('-') };
    return await this.pages.answer<ListedAuditEvent, AuditEventDto>(query, exchange, {
      slice: async (request) => await this.users.auditEvents(id, filter, request),
      total: async () => await this.users.countAuditEvents(id, filter),
      toItem: AuditEventDto.from,
    });
  }
}
