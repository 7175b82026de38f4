import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Links } from '../../platform/config/links.ts';
import { RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import { setEtag } from '../../platform/http/conditional/entity-tag.ts';
import { IfMatch } from '../../platform/http/conditional/if-match.decorator.ts';
import { ConditionalGet } from '../../platform/http/conditional/if-none-match.decorator.ts';
import type { Precondition } from '../../platform/http/conditional/precondition.ts';
import type { ConditionalContext, OperationContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Context, IfMatchContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { IdParam } from '../../platform/http/openapi/id-param.decorator.ts';
import { PageContext } from '../../platform/http/pagination/page-context.decorator.ts';
import { InvalidCursor } from '../../platform/http/pagination/pagination.errors.ts';
import type { PageRequest } from '../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../platform/http/pagination/paginator.ts';
import { PreconditionFailed, PreconditionRequired } from '../../platform/http/problem/precondition.errors.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import { InvitationsService } from './invitations.service.ts';
import { RequireRecentAuthenticationForRoles } from './role-change.decorator.ts';
import type { ListedUser, User } from './user.ts';
import { CreateUserDto, filterOf, ListUsersQuery, UpdateUserDto, UserDto, UserPage } from './users.dto.ts';
import { EmailTaken, LastAdministrator, CannotChangeOwnRoles } from './users.errors.ts';
import { UsersService } from './users.service.ts';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly invitations: InvitationsService,
    private readonly pages: Paginator,
    private readonly links: Links,
  ) {}

  @Get()
  @RequirePermissions('users:read')
  @Returns(200, UserPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @ApiOperation({
    operationId: 'listUsers',
    summary: 'List users',
    description: 'Returns a page of the users that are not deleted.',
  })
  async list(@Query() query: ListUsersQuery, @PageContext() context: PageRequest): Promise<UserPage> {
    const filter = filterOf(query);
    return await this.pages.paginate<ListedUser, UserDto>(query, context, {
      slice: async (request) => await this.users.list(filter, request),
      total: async () => await this.users.count(filter),
      toItem: UserDto.from,
    });
  }

  @Post()
  @RequirePermissions('users:write')
  @RequireRecentAuthenticationForRoles()
  @Returns(201, UserDto, 'Location', 'ETag')
  @Fails(EmailTaken)
  @ApiOperation({
    operationId: 'createUser',
    summary: 'Invite a user',
    description: 'Creates an account without a password and sends an email with a link to set one.',
  })
  async create(@Body() body: CreateUserDto, @Context() { reply }: OperationContext): Promise<UserDto> {
    const user = await this.invitations.invite(body);
    void reply.header('Location', this.links.path(`/v1/users/${user.id}`));
    return toDto(user, reply);
  }

  @Get(':id')
  @RequirePermissions('users:read')
  @Returns(200, UserDto, 'ETag')
  @ConditionalGet()
  @IdParam('the user')
  @ApiOperation({ operationId: 'getUser', summary: 'Get a user', description: 'Returns a user that is not deleted.' })
  async get(@Param('id', IdParamPipe) id: string, @Context() { reply }: OperationContext): Promise<UserDto> {
    return toDto(await this.users.get(id), reply);
  }

  @Patch(':id')
  @RequirePermissions('users:write')
  @RequireRecentAuthenticationForRoles()
  @Returns(200, UserDto, 'ETag')
  @Fails(PreconditionRequired, PreconditionFailed, LastAdministrator, CannotChangeOwnRoles)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'updateUser',
    summary: 'Update a user',
    description: 'Omitted fields are left unchanged.',
  })
  async update(
    @Param('id', IdParamPipe) id: string,
    @Body() body: UpdateUserDto,
    @IfMatchContext() { caller, match, reply }: ConditionalContext,
  ): Promise<UserDto> {
    return toDto(await this.users.update({ id, versions: match.versions() }, body, caller.userId), reply);
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
      'Removes the user from every list, revokes all sessions and releases the email address for registration. The ' +
      'user can be restored for 30 days.',
  })
  async delete(@Param('id', IdParamPipe) id: string, @IfMatch() match: Precondition): Promise<void> {
    await this.users.delete({ id, versions: match.versions() });
  }

  @Post(':id/restore')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @Fails(EmailTaken)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'restoreUser',
    summary: 'Restore a deleted user',
    description: 'Restores a user that was deleted in the last 30 days, without sessions.',
  })
  async restore(@Param('id', IdParamPipe) id: string, @Context() { reply }: OperationContext): Promise<UserDto> {
    return toDto(await this.users.restore(id), reply);
  }
}

function toDto(user: User, reply: FastifyReply): UserDto {
  setEtag(reply, user.version);
  return UserDto.from(user);
}
