import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Links } from '../../config/links.ts';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { tagVersion } from '../../http/concurrency/entity-tag.ts';
import { IfMatch } from '../../http/concurrency/if-match.decorator.ts';
import { HonoursIfNoneMatch } from '../../http/concurrency/if-none-match.decorator.ts';
import type { Precondition } from '../../http/concurrency/precondition.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { PreconditionFailed, PreconditionRequired } from '../../http/problem/precondition.errors.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { InvitationsService } from './invitations.service.ts';
import type { ListedUser, User } from './user.ts';
import { CreateUserDto, ListUsersQuery, UpdateUserDto, UserDto, UserPage } from './users.dto.ts';
import { EmailTaken, LastAdministrator, OwnRoles } from './users.errors.ts';
import { UsersService } from './users.service.ts';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly invitations: InvitationsService,
    private readonly pages: Pages,
    private readonly links: Links,
  ) {}

  @Get()
  @RequirePermissions('users:read')
  @Returns(200, UserPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @ApiOperation({ operationId: 'listUsers', summary: 'List users', description: 'Live users, a page at a time.' })
  async list(@Query() query: ListUsersQuery, @Listing() exchange: ListExchange): Promise<UserPage> {
    const { sort, email: emailPrefix, role, status, createdAfter, createdBefore } = query;
    const filter = { sort, emailPrefix, role, status, createdAfter, createdBefore };
    return await this.pages.answer<ListedUser, UserDto>(query, exchange, {
      slice: async (request) => await this.users.list(filter, request),
      total: async () => await this.users.count(filter),
      toItem: UserDto.from,
    });
  }

  @Post()
  @RequirePermissions('users:write')
  @Returns(201, UserDto, 'Location', 'ETag')
  @Fails(EmailTaken)
  @ApiOperation({
    operationId: 'createUser',
    summary: 'Invite a user',
    description: 'Makes an account without a password; the mail that goes out leads to where the user sets one.',
  })
  async create(@Body() body: CreateUserDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserDto> {
    const user = await this.invitations.invite(body);
    void reply.header('Location', this.links.path(`/v1/users/${user.id}`));
    return show(user, reply);
  }

  @Get(':id')
  @RequirePermissions('users:read')
  @Returns(200, UserDto, 'ETag')
  @HonoursIfNoneMatch()
  @IdParam('the user')
  @ApiOperation({ operationId: 'getUser', summary: 'Show a user', description: 'One live user.' })
  async get(@Param('id', IdParamPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserDto> {
    return show(await this.users.get(id), reply);
  }

  @Patch(':id')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @Fails(PreconditionRequired, PreconditionFailed, LastAdministrator, OwnRoles)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'updateUser',
    summary: 'Change a user',
    description: 'Absent members stay as they are.',
  })
  async update(
    @Param('id', IdParamPipe) id: string,
    @Body() body: UpdateUserDto,
    @IfMatch() match: Precondition,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    return show(await this.users.update({ id, versions: match.versions() }, body, caller.userId), reply);
  }

  @Delete(':id')
  @RequirePermissions('users:write')
  @Returns(204)
  @Fails(PreconditionRequired, PreconditionFailed, LastAdministrator)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'deleteUser',
    summary: 'Delete a user',
    description:
      'The user disappears from every list, all sessions end, and the address can register again. For 30 days the user ' +
      'can be restored.',
  })
  async remove(@Param('id', IdParamPipe) id: string, @IfMatch() match: Precondition): Promise<void> {
    await this.users.remove({ id, versions: match.versions() });
  }

  @Post(':id/restore')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @Fails(EmailTaken)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'restoreUser',
    summary: 'Restore a deleted user',
    description: 'Brings back a user who was deleted in the last 30 days, as they were but without sessions.',
  })
  async restore(
    @Param('id', IdParamPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    return show(await this.users.restore(id), reply);
  }
}

function show(user: User, reply: FastifyReply): UserDto {
  tagVersion(reply, user.version);
  return UserDto.from(user);
}
