import { Body, Controller, Delete, Get, Patch, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Unauthenticated } from '../../http/auth/auth.errors.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { tagVersion } from '../../http/concurrency/entity-tag.ts';
import { IfMatch } from '../../http/concurrency/if-match.decorator.ts';
import { HonoursIfNoneMatch } from '../../http/concurrency/if-none-match.decorator.ts';
import type { Precondition } from '../../http/concurrency/precondition.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { PreconditionFailed, PreconditionRequired } from '../../http/problem/precondition.errors.ts';
import type { User } from './user.ts';
import { MeDto, UpdateMeDto } from './users.dto.ts';
import { LastAdministrator, UserNotFound } from './users.errors.ts';
import { UsersService } from './users.service.ts';

@ApiTags('users')
@Controller('users/me')
export class MeController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @Returns(200, MeDto, 'ETag')
  @HonoursIfNoneMatch()
  @ApiOperation({ operationId: 'getMe', summary: 'Own account', description: 'The caller with roles and permissions.' })
  async get(@CurrentPrincipal() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<MeDto> {
    return show(await ofCaller(this.users.get(caller.userId)), reply);
  }

  @Patch()
  @Returns(200, MeDto, 'ETag')
  @Fails(PreconditionRequired, PreconditionFailed)
  @ApiOperation({
    operationId: 'updateMe',
    summary: 'Change the own account',
    description: 'Absent members stay as they are.',
  })
  async update(
    @Body() body: UpdateMeDto,
    @IfMatch() match: Precondition,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MeDto> {
    const target = { id: caller.userId, versions: match.versions(caller.permissions) };
    return show(await ofCaller(this.users.updateOwn(target, body)), reply);
  }

  @Delete()
  @Returns(204)
  @Fails(PreconditionRequired, PreconditionFailed, LastAdministrator)
  @ApiOperation({
    operationId: 'deleteMe',
    summary: 'Delete the own account',
    description: 'All sessions end, and the address can register again. For 30 days an administrator can restore it.',
  })
  async remove(@IfMatch() match: Precondition, @CurrentPrincipal() caller: Principal): Promise<void> {
    await ofCaller(this.users.remove({ id: caller.userId, versions: match.versions(caller.permissions) }));
  }
}

/** Who was deleted behind the guard that let them in is nobody any more. */
async function ofCaller<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof UserNotFound ? new Unauthenticated('invalid') : error;
  }
}

function show(user: User, reply: FastifyReply): MeDto {
  const me = MeDto.of(user);
  tagVersion(reply, user.version, me.permissions);
  return me;
}
