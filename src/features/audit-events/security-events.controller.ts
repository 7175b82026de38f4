import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import type { ListedAuditEvent } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ListAuditEventsQuery } from './audit-event.dto.ts';
import { SecurityEventDto, SecurityEventPage } from './security-event.dto.ts';

@ApiTags('audit')
@Controller('auth/security-events')
export class SecurityEventsController {
  constructor(
    private readonly audit: AuditService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @Returns(200, SecurityEventPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @ApiOperation({
    operationId: 'listSecurityEvents',
    summary: 'List what happened to the own account',
    description: 'Logins, refused ones too, ends of sessions and changes of the account, a page at a time.',
  })
  async list(
    @Query() query: ListAuditEventsQuery,
    @Listing() exchange: ListExchange,
    @CurrentPrincipal() caller: Principal,
  ): Promise<SecurityEventPage> {
    const { sort, event, outcome } = query;
    const filter = { subjectId: caller.userId, event, outcome, descending: sort.startsWith('-') };
    return await this.pages.answer<ListedAuditEvent, SecurityEventDto>(query, exchange, {
      slice: async (request) => await this.audit.list(filter, request),
      total: async () => await this.audit.count(filter),
      toItem: (row) => SecurityEventDto.from(row, caller),
    });
  }
}
