import { Body, Controller, Delete, Get, Patch } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  AcceptsApiKeys,
  AcceptsMissingMfa,
  RequireRecentAuthentication,
} from '../../platform/http/auth/access.decorators.ts';
import { setEtag } from '../../platform/http/conditional/entity-tag.ts';
import { ConditionalGet } from '../../platform/http/conditional/if-none-match.decorator.ts';
import type { ConditionalContext, OperationContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Context, IfMatchContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { PreconditionFailed, PreconditionRequired } from '../../platform/http/problem/precondition.errors.ts';
import type { OwnUser } from './user.ts';
import { MeDto, UpdateMeDto } from './users.dto.ts';
import { asUnauthenticated, LastAdministrator } from './users.errors.ts';
import { UsersService } from './users.service.ts';

@ApiTags('users')
@Controller('users/me')
export class MeController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @AcceptsApiKeys()
  @AcceptsMissingMfa()
  @Returns(200, MeDto, 'ETag')
  @ConditionalGet()
  @ApiOperation({
    operationId: 'getMe',
    summary: 'Get the current user',
    description: 'Returns the caller with roles, permissions and a summary of the second factors.',
  })
  async get(@Context() { caller, reply }: OperationContext): Promise<MeDto> {
    return toDto(await asUnauthenticated(this.users.getOwn(caller.userId, caller.mfaEnabled)), reply);
  }

  @Patch()
  @Returns(200, MeDto, 'ETag')
  @Fails(PreconditionRequired, PreconditionFailed)
  @ApiOperation({
    operationId: 'updateMe',
    summary: 'Update the current user',
    description: 'Omitted fields are left unchanged.',
  })
  async update(
    @Body() body: UpdateMeDto,
    @IfMatchContext() { caller, match, reply }: ConditionalContext,
  ): Promise<MeDto> {
    const target = { id: caller.userId, versions: match.versions(caller.permissions) };
    return toDto(await asUnauthenticated(this.users.updateOwn(target, body)), reply);
  }

  @Delete()
  @RequireRecentAuthentication()
  @Returns(204)
  @Fails(PreconditionRequired, PreconditionFailed, LastAdministrator)
  @ApiOperation({
    operationId: 'deleteMe',
    summary: 'Delete the current user',
    description:
      'Revokes all sessions and releases the email address for registration. An administrator can restore the user ' +
      'for 30 days.',
  })
  async delete(@IfMatchContext() { caller, match }: ConditionalContext): Promise<void> {
    await asUnauthenticated(this.users.delete({ id: caller.userId, versions: match.versions(caller.permissions) }));
  }
}

function toDto(user: OwnUser, reply: FastifyReply): MeDto {
  const me = MeDto.of(user);
  setEtag(reply, user.version, me.permissions);
  return me;
}
