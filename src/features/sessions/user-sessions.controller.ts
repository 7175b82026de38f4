import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Returns } from '../../http/openapi/operation.decorators.ts';
import { numberedPage, rowsOf } from '../../http/pagination/numbered-page.dto.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { SessionListsService } from './session-lists.service.ts';
import { ListSessionsQuery, SessionDto, SessionPage } from './sessions.dto.ts';

@ApiTags('users')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(private readonly sessions: SessionListsService) {}

  @Get()
  @RequirePermissions('sessions:read')
  @Returns(200, SessionPage)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'listUserSessions',
    summary: "List a user's sessions",
    description: 'Where a user is logged in: live sessions, newest first, by numbered pages.',
  })
  async list(
    @Param('id', IdParamPipe) id: string,
    @Query() query: ListSessionsQuery,
    @CurrentPrincipal() caller: Principal,
  ): Promise<SessionPage> {
    const sessions = await this.sessions.list(id, rowsOf(query));
    return numberedPage(query, sessions, (session) => SessionDto.from(session, caller.sessionId));
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
