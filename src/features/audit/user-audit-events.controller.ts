import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import { IdParam } from '../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../platform/http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import type { ListedAuditEvent } from './audit.service.ts';
import { AuditEventDto, AuditEventPage, ListAuditEventsQuery } from './audit-event.dto.ts';
import { UsersService } from '../users/index.ts';

@ApiTags('audit')
@Controller('users/:id/audit-events')
export class UserAuditEventsController {
  constructor(
    private readonly users: UsersService,
    private readonly pages: Paginator,
  ) {}

  @Get()
  @RequirePermissions('audit:read')
  @Returns(200, AuditEventPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @IdParam('the user, who may have been deleted')
  @ApiOperation({
    operationId: 'listUserAuditEvents',
    summary: "List a user's audit events",
    description: 'Returns a page of the audit events about a user, who may be deleted.',
  })
  async list(
    @Param('id', IdParamPipe) id: string,
    @Query() query: ListAuditEventsQuery,
    @PageContext() context: PageRequest,
  ): Promise<AuditEventPage> {
    const { sort, event, outcome } = query;
    const filter = { event, outcome, descending: sort.startsWith('-') };
    return await this.pages.paginate<ListedAuditEvent, AuditEventDto>(query, context, {
      slice: async (request) => await this.users.auditEvents(id, filter, request),
      total: async () => await this.users.countAuditEvents(id, filter),
      toItem: AuditEventDto.from,
    });
  }
}
