import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
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
import { TooManyAttempts } from '../login-throttling/index.ts';
import { InvalidToken } from '../login/index.ts';
import { ChangeEmailDto, EmailChangeTokenDto, ResendVerificationDto } from './email-verification.dto.ts';
import { EmailChangesService } from './email-changes.service.ts';
import { EmailVerificationService } from './email-verification.service.ts';

@ApiTags('auth')
@Controller('auth/email')
export class EmailVerificationController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly changes: EmailChangesService,
  ) {}

  @Post('verify/resend')
  @PadResponseTime('all')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(TooManyAttempts)
  @ApiOperation({
    operationId: 'resendVerification',
    summary: 'Resend the verification email',
    description:
      'Sends a new link, if the email address belongs to an account and is not verified, and revokes older ' +
      'links. Always returns the same response.',
  })
  async resend(@Body() body: ResendVerificationDto): Promise<AcceptedDto> {
    await this.verification.resend(body.email);
    return accepted;
  }

  @Post('change')
  @PadResponseTime('all')
  @RequireRecentAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(TooManyAttempts)
  @ApiOperation({
    operationId: 'changeEmail',
    summary: 'Request an email change',
    description:
      'Sends a link to the new email address; the change is made when it is confirmed. Always returns the same ' +
      'response: if the email address has an account already, only its owner is notified, by email.',
  })
  async change(@Body() body: ChangeEmailDto, @CurrentSession() caller: SessionCaller): Promise<AcceptedDto> {
    await this.changes.request(caller, body.newEmail);
    return accepted;
  }

  @Post('change/confirm')
  @PadResponseTime()
  @Public()
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts)
  @ApiOperation({
    operationId: 'confirmEmailChange',
    summary: 'Confirm an email change',
    description:
      'Consumes the token that was sent to the new email address, and changes the email address of the account. ' +
      'The former address is sent a link that reverts the change. All other emailed links of the account are ' +
      'revoked. Fails when another account has the email address.',
  })
  async confirm(@Body() body: EmailChangeTokenDto): Promise<Commit<void>> {
    return await this.changes.prepareConfirmation(body.token);
  }

  @Post('change/revert')
  @PadResponseTime()
  @Public()
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts)
  @ApiOperation({
    operationId: 'revertEmailChange',
    summary: 'Revert an email change',
    description:
      'Consumes the token that was sent to the former email address, and gives the account that address back. ' +
      'All its sessions and API keys are revoked. Its password, its accounts at providers and the second factors of ' +
      'the last two weeks are removed, because an attacker may have added them; a new password is set by a link that ' +
      'is sent by email.',
  })
  async revert(@Body() body: EmailChangeTokenDto): Promise<Commit<void>> {
    return await this.changes.prepareRevert(body.token);
  }
}
