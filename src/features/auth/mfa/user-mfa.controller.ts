import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { Principal } from '../../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../../platform/http/auth/principal.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { CannotResetOwnMfa } from './mfa.errors.ts';
import { UserMfaDto } from './mfa.dto.ts';
import { UserMfaService } from './user-mfa.service.ts';

@ApiTags('users')
@Controller('users/:id')
export class UserMfaController {
  constructor(private readonly mfa: UserMfaService) {}

  @Get('mfa')
  @RequirePermissions('users:read')
  @Returns(200, UserMfaDto)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'getUserMfa',
    summary: "Get a user's second factors",
    description:
      'Returns the active second factors of a user, never their secrets, and how many recovery codes are left.',
  })
  async get(@Param('id', IdParamPipe) id: string): Promise<UserMfaDto> {
    return UserMfaDto.from(await this.mfa.get(id));
  }

  @Post('mfa-reset')
  @RequirePermissions('users:write')
  @RequireRecentAuthentication()
  @Returns(204)
  @Fails(CannotResetOwnMfa)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'resetUserMfa',
    summary: "Delete a user's second factors",
    description:
      'For a user who has lost them, after their identity was verified by other means: deletes all second factors ' +
      'and recovery codes, revokes all sessions and notifies the user by email. The next login requires the password ' +
      'only.',
  })
  async reset(@Param('id', IdParamPipe) id: string, @CurrentPrincipal() { userId }: Principal): Promise<void> {
    await this.mfa.reset(id, userId);
  }
}
