import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import type { Finish } from '../../http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  PreparesOutside,
} from '../../http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../http/openapi/accepted.dto.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { AttemptsCrowded, TooManyAttempts } from '../attempts/attempts.errors.ts';
import { ChangePasswordDto, ForgotPasswordDto, ResetPasswordDto, TokensDto } from './auth.dto.ts';
import {
  CurrentPasswordInvalid,
  HashingOverloaded,
  InvalidCredentials,
  InvalidToken,
  WeakPassword,
} from './auth.errors.ts';
import { PasswordChangesService } from './password-changes.service.ts';
import { PasswordRecoveryService } from './password-recovery.service.ts';
import { PasswordsService } from './passwords.service.ts';

@ApiTags('auth')
@Controller('auth/password')
export class PasswordsController {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly recovery: PasswordRecoveryService,
    private readonly changes: PasswordChangesService,
  ) {}

  @Post('forgot')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(TooManyAttempts)
  @ApiOperation({
    operationId: 'forgotPassword',
    summary: 'Ask for a new password',
    description:
      'Mails a link to where a new password is set, if the address has an account that is not disabled. Always answers ' +
      'the same. A newer link voids the older ones.',
  })
  async forgot(@Body() body: ForgotPasswordDto): Promise<AcceptedDto> {
    await this.recovery.forgot(body.email);
    return accepted;
  }

  @Post('reset')
  @Public()
  @IdempotentPerToken('token')
  @PreparesOutside()
  @Returns(204)
  @Fails(InvalidToken, WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Set a password',
    description:
      'Spends the token of a mailed invitation, or of a mail for who has forgotten the password, on a password. That ' +
      'also verifies the address that the mail went to, and ends all sessions of the account; nobody is logged in. A ' +
      'password that is too weak leaves the token as it was.',
  })
  async reset(@Body() body: ResetPasswordDto): Promise<Finish<void>> {
    return await this.passwords.prepareReset(body.token, body.newPassword);
  }

  @Post('change')
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto)
  @Fails(CurrentPasswordInvalid, InvalidCredentials, WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change the own password',
    description:
      'Ends all sessions of the account and voids the tokens that were mailed to it. The one that asks goes on under the ' +
      'tokens of the reply. A wrong current password counts like a failed login.',
  })
  async change(@Body() body: ChangePasswordDto, @CurrentPrincipal() caller: Principal): Promise<TokensDto> {
    return TokensDto.from(await this.changes.change(caller, body));
  }
}
