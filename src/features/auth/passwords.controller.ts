import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/auth/access.decorators.ts';
import type { Finish } from '../../http/idempotency/idempotency.decorators.ts';
import { IdempotentPerToken, PreparesOutside } from '../../http/idempotency/idempotency.decorators.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { ResetPasswordDto } from './auth.dto.ts';
import { HashingOverloaded, InvalidToken, WeakPassword } from './auth.errors.ts';
import { PasswordsService } from './passwords.service.ts';

@ApiTags('auth')
@Controller('auth/password')
export class PasswordsController {
  constructor(private readonly passwords: PasswordsService) {}

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
      'Spends the token of a mailed invitation on a password. That also verifies the address that the mail went to, and ' +
      'ends all sessions of the account.',
  })
  async reset(@Body() body: ResetPasswordDto): Promise<Finish<void>> {
    return await this.passwords.prepareReset(body.token, body.newPassword);
  }
}
