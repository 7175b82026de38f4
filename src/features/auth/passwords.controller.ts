import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/auth/access.decorators.ts';
import type { Finish } from '../../http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  PreparesOutside,
} from '../../http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../http/openapi/accepted.dto.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { ForgotPasswordDto, ResetPasswordDto } from './auth.dto.ts';
import { HashingOverloaded, InvalidToken, WeakPassword } from './auth.errors.ts';
import { PasswordRecoveryService } from './password-recovery.service.ts';
import { PasswordsService } from './passwords.service.ts';

@ApiTags('auth')
@Controller('auth/password')
export class PasswordsController {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly recovery: PasswordRecoveryService,
  ) {}

  @Post('forgot')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
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
  @Fails(InvalidToken, WeakPassword, HashingOverloaded)
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
}
