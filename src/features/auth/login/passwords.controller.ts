import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { StepUpCondition } from '../../../platform/http/auth/access.decorators.ts';
import { Public, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import type { Commit } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  PrepareBeforeTransaction,
} from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../../platform/http/openapi/accepted.dto.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { AttemptsInProgress, TooManyAttempts } from '../login-throttling/index.ts';
import { ChangePasswordDto, ForgotPasswordDto, ResetPasswordDto, TokensDto } from './auth.dto.ts';
import { InvalidCurrentPassword, InvalidCredentials, InvalidToken } from './auth.errors.ts';
import { PasswordHashingOverloaded, WeakPassword } from '../passwords/index.ts';
import type { TokenExchange } from '../token-delivery/index.ts';
import { RefreshCookie, WithTokenDelivery } from '../token-delivery/index.ts';
import { PasswordChangesService } from './password-changes.service.ts';
import { PasswordRecoveryService } from './password-recovery.service.ts';
import { PasswordsService } from './passwords.service.ts';

/** The current password in the body is the recent authentication of users without a second factor. */
const secondFactor: StepUpCondition = {
  when: ({ user }) => user?.mfaEnabled === true,
  description: 'Requires a recent authentication with both factors if the account has a second factor.',
};

@ApiTags('auth')
@Controller('auth/password')
export class PasswordsController {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly recovery: PasswordRecoveryService,
    private readonly changes: PasswordChangesService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post('forgot')
  @PadResponseTime('all')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(TooManyAttempts)
  @ApiOperation({
    operationId: 'forgotPassword',
    summary: 'Request a password reset',
    description:
      'Sends a link that sets a new password by email, if the email address has an account that is not disabled. ' +
      'Always returns the same response. Each link stays valid for its lifetime, and using one revokes the others.',
  })
  async forgot(@Body() body: ForgotPasswordDto): Promise<AcceptedDto> {
    await this.recovery.forgot(body.email);
    return accepted;
  }

  @Post('reset')
  @PadResponseTime()
  @Public()
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  @Returns(204)
  @Fails(InvalidToken, WeakPassword, PasswordHashingOverloaded, TooManyAttempts)
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Reset the password',
    description:
      'Consumes the token of an invitation or of a password reset email, and sets the password. Also verifies ' +
      'the email address that the email was sent to, and revokes all sessions of the account. API keys remain valid. ' +
      'Does not create a session. A weak password does not consume the token.',
  })
  async reset(@Body() body: ResetPasswordDto): Promise<Commit<void>> {
    return await this.passwords.prepareReset(body.token, body.newPassword);
  }

  @Post('change')
  @PadResponseTime()
  @RequireRecentAuthentication(secondFactor)
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto, 'Set-Cookie')
  @Fails(
    InvalidCurrentPassword,
    InvalidCredentials,
    WeakPassword,
    PasswordHashingOverloaded,
    TooManyAttempts,
    AttemptsInProgress,
  )
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change the password',
    description:
      'Revokes all sessions of the account and the tokens that were emailed to it. The session of the request is ' +
      'replaced by the one of the response. A wrong current password counts as a failed login.',
  })
  async change(
    @Body() body: ChangePasswordDto,
    @CurrentSession() caller: SessionCaller,
    @WithTokenDelivery() exchange: TokenExchange,
  ): Promise<TokensDto> {
    return TokensDto.from(this.cookie.deliver(await this.changes.change(caller, body), exchange));
  }
}
