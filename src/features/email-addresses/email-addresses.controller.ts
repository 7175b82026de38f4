import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/auth/access.decorators.ts';
import { Unauthenticated } from '../../http/auth/auth.errors.ts';
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
import { InvalidToken } from '../auth/auth.errors.ts';
import { ChangeEmailDto, EmailChangeTokenDto, ResendVerificationDto } from './email-addresses.dto.ts';
import { EmailChangesService } from './email-changes.service.ts';
import { EmailVerificationService } from './email-verification.service.ts';

@ApiTags('auth')
@Controller('auth/email')
export class EmailAddressesController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly changes: EmailChangesService,
  ) {}

  @Post('verify/resend')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(TooManyAttempts)
  @ApiOperation({
    operationId: 'resendVerification',
    summary: 'Ask for another verification mail',
    description:
      'Mails a new link, if the address belongs to an account and nobody has verified it; the older links are void. ' +
      'Always answers the same.',
  })
  async resend(@Body() body: ResendVerificationDto): Promise<AcceptedDto> {
    await this.verification.resend(body.email);
    return accepted;
  }

  @Post('change')
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(TooManyAttempts)
  @ApiOperation({
    operationId: 'changeEmail',
    summary: 'Change the e-mail address',
    description:
      'Mails a link to the new address; the change happens when it is confirmed. Always answers the same: when the ' +
      'address has an account already, its owner is told so by mail, and nobody else.',
  })
  async change(@Body() body: ChangeEmailDto, @CurrentPrincipal() caller: Principal): Promise<AcceptedDto> {
    if (!(await this.changes.request(caller, body.newEmail))) throw new Unauthenticated('invalid');
    return accepted;
  }

  @Post('change/confirm')
  @Public()
  @IdempotentPerToken('token')
  @PreparesOutside()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'confirmEmailChange',
    summary: 'Confirm a new e-mail address',
    description:
      'Spends the token that was mailed to the new address: the account has this address now, and the former one gets a ' +
      'mail with which the change can be undone. All other mailed links of the account are void. Fails when somebody ' +
      'else has the address by now.',
  })
  async confirm(@Body() body: EmailChangeTokenDto): Promise<Finish<void>> {
    return await this.changes.prepareConfirmation(body.token);
  }

  @Post('change/revert')
  @Public()
  @IdempotentPerToken('token')
  @PreparesOutside()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'revertEmailChange',
    summary: 'Undo a change of the e-mail address',
    description:
      'Spends the token that was mailed to the former address: the account has that address again, all its sessions end, ' +
      'and its password is void. A mail leads to where a new one is set.',
  })
  async revert(@Body() body: EmailChangeTokenDto): Promise<Finish<void>> {
    return await this.changes.prepareReversion(body.token);
  }
}
