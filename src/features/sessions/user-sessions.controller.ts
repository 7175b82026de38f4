import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import type { ListedSession } from './session-lists.service.ts';
import { SessionListsService } from './session-lists.service.ts';
import { ListSessionsQuery, SessionDto, SessionPage } from './sessions.dto.ts';

@ApiTags('users')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(
    private readonly sessions: SessionListsService,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequirePermissions('sessions:read')
  @Returns(200, SessionPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'listUserSessions',
    summary: "List a user's sessions",
    description: 'Where a user is logged in: live sessions, newest first.',
  })
  async list(
    @Param('id', IdParamPipe) id: string,
    @Query() query: ListSessionsQuery,
    @Listing() exchange: ListExchange,
    @CurrentPrincipal() caller: Principal,
  ): Promise<SessionPage> {
    return await this.pages.answerNumbered<ListedSession, SessionDto>(query, exchange, {
      slice: async (request) => await this.sessions.list(id, request),
      total: async () => await this.sessions.count(id),
      toItem: (session) => SessionDto.from(session, caller.sessionId),
    });
  }

  @Delete()
  @RequirePermissions('sessions:write')
  @Returns(204)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'endUserSessions',
    summary: "End a user's sessions",
    description: 'Ends all of them at once; the user can log in again. To keep somebody out, disable the user.',
  })
  async endAll(@Param('id', IdParamPipe) id: string): Promise<void> {
    await this.sessions.endAllOf(id);
  }
}
