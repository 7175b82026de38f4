import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Unauthenticated } from '../../http/auth/auth.errors.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { SessionEndsService } from './session-ends.service.ts';
import type { ListedSession } from './session-lists.service.ts';
import { SessionListsService } from './session-lists.service.ts';
import { ListSessionsQuery, LogoutAllDto, SessionDto, SessionPage } from './sessions.dto.ts';
import { SessionsOfNobody } from './sessions.errors.ts';

@ApiTags('auth')
@Controller('auth')
export class OwnSessionsController {
  constructor(
    private readonly lists: SessionListsService,
    private readonly ends: SessionEndsService,
    private readonly pages: Pages,
  ) {}

  @Get('sessions')
  @Returns(200, SessionPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @ApiOperation({
    operationId: 'listSessions',
    summary: 'List the own sessions',
    description: 'Where the caller is logged in: live sessions, newest first.',
  })
  async list(
    @Query() query: ListSessionsQuery,
    @Listing() exchange: ListExchange,
    @CurrentPrincipal() caller: Principal,
  ): Promise<SessionPage> {
    return await this.pages.answerNumbered<ListedSession, SessionDto>(query, exchange, {
      slice: async (request) => await ofCaller(this.lists.list(caller.userId, request)),
      total: async () => await this.lists.count(caller.userId),
      toItem: (session) => SessionDto.from(session, caller.sessionId),
    });
  }

  @Delete('sessions/:id')
  @Returns(204)
  @IdParam('the session')
  @ApiOperation({
    operationId: 'endSession',
    summary: 'End one of the own sessions',
    description: 'Its tokens are worth nothing from now on. Who ends the session of the request itself is logged out.',
  })
  async end(@Param('id', IdParamPipe) id: string, @CurrentPrincipal() caller: Principal): Promise<void> {
    await this.ends.endOneOf(caller.userId, id, id === caller.sessionId ? 'logout' : 'ended_by_user');
  }

  @Post('logout-all')
  @Returns(204)
  @ApiOperation({
    operationId: 'logoutAll',
    summary: 'Log out everywhere',
    description: 'Ends all of the own sessions, or all but the one of this request.',
  })
  async logoutAll(@Body() { scope }: LogoutAllDto, @CurrentPrincipal() caller: Principal): Promise<void> {
    if (scope === 'all') await this.ends.endAllOf(caller.userId, 'logout_all');
    // Somebody else has ended this session behind the guard: it ends no others.
    else if (!(await this.ends.endOthersOf(caller.userId, caller.sessionId))) throw new Unauthenticated('invalid');
  }
}

/** Who was deleted behind the guard that let them in is nobody any more. */
async function ofCaller<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SessionsOfNobody ? new Unauthenticated('invalid') : error;
  }
}
