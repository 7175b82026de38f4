import { Controller, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { tagVersion } from '../../http/concurrency/entity-tag.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { PasswordResetsService } from './password-resets.service.ts';
import type { User } from './user.ts';
import { UserDto } from './users.dto.ts';
import { LastAdministrator, OwnAccount, UserDisabled } from './users.errors.ts';
import { UserStatesService } from './user-states.service.ts';

/** What administrators do about how a user gets in. */
@ApiTags('users')
@Controller('users/:id')
export class UserAccessController {
  constructor(
    private readonly states: UserStatesService,
    private readonly resets: PasswordResetsService,
  ) {}

  @Post('disable')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @Fails(LastAdministrator, OwnAccount)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'disableUser',
    summary: 'Disable a user',
    description:
      'Keeps the user out: all sessions end at once, mailed links stop working, schedules are paused, and no password ' +
      'lets them in. Repeated, it changes nothing.',
  })
  async disable(
    @Param('id', IdParamPipe) id: string,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    return show(await this.states.disable(id, caller.userId), reply);
  }

  @Post('enable')
  @RequirePermissions('users:write')
  @Returns(200, UserDto, 'ETag')
  @IdParam('the user')
  @ApiOperation({
    operationId: 'enableUser',
    summary: 'Enable a user',
    description:
      'Lets a disabled user log in again, with the password they had. Their schedules stay paused. Repeated, it changes ' +
      'nothing.',
  })
  async enable(
    @Param('id', IdParamPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    return show(await this.states.enable(id), reply);
  }

  @Post('password-reset')
  @RequirePermissions('users:write')
  @Returns(202)
  @Fails(UserDisabled)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'startPasswordReset',
    summary: 'Have a user choose a new password',
    description:
      'Ends all sessions of the user and mails them a link to where they choose a password; repeated, only the newest ' +
      'link works. Until they have chosen, the password they have stays good: disable the user to keep somebody out.',
  })
  async startPasswordReset(@Param('id', IdParamPipe) id: string): Promise<void> {
    await this.resets.start(id);
  }
}

function show(user: User, reply: FastifyReply): UserDto {
  tagVersion(reply, user.version);
  return UserDto.from(user);
}
