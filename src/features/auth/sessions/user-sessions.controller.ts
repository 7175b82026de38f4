import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../../platform/http/auth/access.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../../platform/http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import type { ListedSession } from './session-lists.service.ts';
import { SessionListsService } from './session-lists.service.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import { ListSessionsQuery, SessionDto, SessionPage } from './sessions.dto.ts';

@ApiTags('users')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(
    private readonly sessions: SessionListsService,
    private readonly revocation: SessionRevocationService,
    private readonly pages: Paginator,
  ) {}

  @Get()
  @RequirePermissions('sessions:read')
  @Returns(200, SessionPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'listUserSessions',
    summary: "List a user's sessions",
    description: 'Returns the active sessions of a user, newest first.',
  })
  async list(
    @Param('id', IdParamPipe) id: string,
    @Query() query: ListSessionsQuery,
    @PageContext() context: PageRequest,
  ): Promise<SessionPage> {
    return await this.pages.paginateNumbered<ListedSession, SessionDto>(query, context, {
      slice: async (request) => await this.sessions.list(id, request),
      total: async () => await this.sessions.count(id),
      toItem: (session) => SessionDto.from(session, context.caller.sessionId),
    });
  }

  @Delete()
  @RequirePermissions('sessions:write')
  @Returns(204)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'endUserSessions',
    summary: "Revoke a user's sessions",
    description: 'Revokes all of them at once. The user can log in again; disable the user to prevent that.',
  })
  async revokeAll(@Param('id', IdParamPipe) id: string): Promise<void> {
    await this.sessions.revokeAll(id);
  }

  @Delete(':sessionId')
  @RequirePermissions('sessions:write')
  @Returns(204)
  @IdParam({ id: 'the user', sessionId: 'the session' })
  @ApiOperation({
    operationId: 'endUserSession',
    summary: "Revoke a user's session",
    description: 'The tokens of the session become invalid on every instance within a second.',
  })
  async revoke(
    @Param('id', IdParamPipe) id: string,
    @Param('sessionId', IdParamPipe) sessionId: string,
  ): Promise<void> {
    await this.revocation.revokeOneOf(id, sessionId);
  }
}
