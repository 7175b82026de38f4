import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { StepUpCondition } from '../../../platform/http/auth/access.decorators.ts';
import { AcceptsMissingMfa, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../../platform/http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { isObject } from '../../../platform/validation/objects.ts';
import { RequireRecentAuthenticationForOtherSession } from './other-session.decorator.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import type { ListedSession } from './session-lists.service.ts';
import { SessionListsService } from './session-lists.service.ts';
import { ListSessionsQuery, LogoutAllDto, SessionDto, SessionPage } from './sessions.dto.ts';
import { forCaller } from './sessions.errors.ts';

/** With a stolen token an attacker must not revoke all sessions except their own. */
const scopeOthers: StepUpCondition = {
  when: ({ body }) => isObject(body) && 'scope' in body && body.scope === 'others',
  description: 'The scope `others` requires a recent authentication.',
};

@ApiTags('auth')
@Controller('auth')
export class OwnSessionsController {
  constructor(
    private readonly lists: SessionListsService,
    private readonly revocation: SessionRevocationService,
    private readonly pages: Paginator,
  ) {}

  @Get('sessions')
  @Returns(200, SessionPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @ApiOperation({
    operationId: 'listSessions',
    summary: 'List your sessions',
    description: 'Returns the active sessions of the caller, newest first.',
  })
  async list(@Query() query: ListSessionsQuery, @PageContext() context: PageRequest): Promise<SessionPage> {
    return await this.pages.paginateNumbered<ListedSession, SessionDto>(query, context, {
      slice: async (request) => await forCaller(this.lists.list(context.caller.userId, request)),
      total: async () => await this.lists.count(context.caller.userId),
      toItem: (session) => SessionDto.from(session, context.caller.sessionId),
    });
  }

  @Delete('sessions/:id')
  @RequireRecentAuthenticationForOtherSession()
  @Returns(204)
  @IdParam('the session')
  @ApiOperation({
    operationId: 'endSession',
    summary: 'Revoke a session',
    description: 'Its tokens become invalid. Revoking the session of the request itself logs the caller out.',
  })
  async revoke(@Param('id', IdParamPipe) id: string, @CurrentSession() caller: SessionCaller): Promise<void> {
    await this.revocation.revokeOne(caller.userId, id, id === caller.sessionId ? 'logout' : 'ended_by_user');
  }

  @Post('logout-all')
  @AcceptsMissingMfa()
  @RequireRecentAuthentication(scopeOthers)
  @Returns(204)
  @ApiOperation({
    operationId: 'logoutAll',
    summary: 'Log out everywhere',
    description: 'Revokes all sessions of the caller, or all except the one of this request.',
  })
  async logoutAll(@Body() { scope }: LogoutAllDto, @CurrentSession() caller: SessionCaller): Promise<void> {
    if (scope === 'all') await this.revocation.revokeAll(caller.userId, 'logout_all');
    else await this.revocation.revokeOthers(caller.userId, caller.sessionId);
  }
}
