import { Body, Controller, Delete, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { ListUsersQuery, MeDto, UpdateUserDto, UserDto, UserPage } from './users.dto.ts';
import type { ListedUser } from './user.ts';
import { LastAdministrator, OwnRoles } from './users.errors.ts';
import { UsersService } from './users.service.ts';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly pages: Pages,
  ) {}

  @Get('me')
  @Returns(200, MeDto)
  @ApiOperation({ operationId: 'getMe', summary: 'Own account', description: 'The caller with roles and permissions.' })
  async me(@CurrentPrincipal() caller: Principal): Promise<MeDto> {
    return MeDto.of(await this.users.get(caller.userId));
  }

  @Get()
  @RequirePermissions('users:read')
  @Returns(200, UserPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @ApiOperation({ operationId: 'listUsers', summary: 'List users', description: 'Live users, a page at a time.' })
  async list(@Query() query: ListUsersQuery, @Listing() exchange: ListExchange): Promise<UserPage> {
    const { sort = '-createdAt', email: emailPrefix, role, status, createdAfter, createdBefore } = query;
    const filter = { sort, emailPrefix, role, status, createdAfter, createdBefore };
    return await this.pages.answer<ListedUser, UserDto>(query, exchange, {
      slice: async (request) => await this.users.list(filter, request),
      total: async () => await this.users.count(filter),
      toItem: UserDto.from,
    });
  }

  @Get(':id')
  @RequirePermissions('users:read')
  @Returns(200, UserDto)
  @IdParam('The user.')
  @ApiOperation({ operationId: 'getUser', summary: 'Show a user', description: 'One live user.' })
  async get(@Param('id', IdParamPipe) id: string): Promise<UserDto> {
    return UserDto.from(await this.users.get(id));
  }

  @Patch(':id')
  @RequirePermissions('users:write')
  @Returns(200, UserDto)
  @Fails(LastAdministrator, OwnRoles)
  @IdParam('The user.')
  @ApiOperation({
    operationId: 'updateUser',
    summary: 'Change a user',
    description: 'Absent members stay as they are.',
  })
  async update(
    @Param('id', IdParamPipe) id: string,
    @Body() body: UpdateUserDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<UserDto> {
    return UserDto.from(await this.users.update(id, body, caller.userId));
  }

  @Delete(':id')
  @RequirePermissions('users:write')
  @Returns(204)
  @Fails(LastAdministrator)
  @IdParam('The user.')
  @ApiOperation({
    operationId: 'deleteUser',
    summary: 'Delete a user',
    description: 'The user disappears from every list, all sessions end, and the address can register again.',
  })
  async remove(@Param('id', IdParamPipe) id: string): Promise<void> {
    await this.users.remove(id);
  }
}
