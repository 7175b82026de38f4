import { Controller, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import { setEtag } from '../../platform/http/conditional/entity-tag.ts';
import { IdParam } from '../../platform/http/openapi/id-param.decorator.ts';
import type { OperationContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Context } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import { ForcedPasswordResetService } from './forced-password-reset.service.ts';
import type { User } from './user.ts';
import { UserDto } from './users.dto.ts';
import { LastAdministrator, CannotDisableOwnAccount, UserDisabled } from './users.errors.ts';
import { UserStatusService } from './user-status.service.ts';

/** How administrators control whether a user can log in. */
@ApiTags('users')
@Controller('users/:id')
export class UserAccessController {
  constructor(
    private readonly status: UserStatusService,
    private readonly resets: ForcedPasswordResetService,
  ) {}

  @Post('disable')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @Fails(LastAdministrator, CannotDisableOwnAccount)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'disableUser',
    summary: 'Disable a user',
    description:
      'Revokes all sessions and emailed links, pauses the schedules of the user and rejects every login. Idempotent.',
  })
  async disable(
    @Param('id', IdParamPipe) id: string,
    @Context() { caller, reply }: OperationContext,
  ): Promise<UserDto> {
    return toDto(await this.status.disable(id, caller.userId), reply);
  }

  @Post('enable')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @IdParam('the user')
  @ApiOperation({
    operationId: 'enableUser',
    summary: 'Enable a user',
    description: 'Enables a disabled user, whose password stays the same. Schedules stay paused. Idempotent.',
  })
  async enable(@Param('id', IdParamPipe) id: string, @Context() { reply }: OperationContext): Promise<UserDto> {
    return toDto(await this.status.enable(id), reply);
  }

  @Post('password-reset')
  @RequirePermissions('users:write')
  @Returns(202)
  @Fails(UserDisabled)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'startPasswordReset',
    summary: 'Force a password reset',
    description:
      'Revokes all sessions of the user and sends an email with a link to choose a new password; using it ' +
      'revokes earlier ones. The current password stays valid until then: disable the user to prevent logins.',
  })
  async startPasswordReset(@Param('id', IdParamPipe) id: string): Promise<void> {
    await this.resets.start(id);
  }
}

function toDto(user: User, reply: FastifyReply): UserDto {
  setEtag(reply, user.version);
  return UserDto.from(user);
}
