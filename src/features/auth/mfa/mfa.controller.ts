import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsMissingMfa, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { SecondFactorRequired } from '../login-methods/index.ts';
import { AttemptsInProgress, TooManyAttempts } from '../login-throttling/index.ts';
import {
  ActivateTotpDto,
  EnrolTotpDto,
  MfaFactorDto,
  MfaFactorList,
  PendingTotpDto,
  RecoveryCodesDto,
} from './mfa.dto.ts';
import { InvalidActivationCode, MfaNotEnabled, TooManyFactors } from './mfa.errors.ts';
import { TotpFactorsService } from './totp-factors.service.ts';
import { UserMfaService } from './user-mfa.service.ts';

@ApiTags('auth')
@Controller('auth/mfa')
export class MfaController {
  constructor(
    private readonly factors: TotpFactorsService,
    private readonly mfa: UserMfaService,
  ) {}

  @Get('factors')
  @AcceptsMissingMfa()
  @Returns(200, MfaFactorList)
  @ApiOperation({
    operationId: 'listMfaFactors',
    summary: 'List your second factors',
    description: 'Returns the active authenticator apps and the passkeys of the caller.',
  })
  async list(@CurrentSession() { userId }: SessionCaller): Promise<MfaFactorList> {
    return { data: (await this.mfa.list(userId)).map(MfaFactorDto.from) };
  }

  @Post('totp')
  @AcceptsMissingMfa()
  @RequireRecentAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(201, PendingTotpDto)
  @Fails(TooManyFactors)
  @ApiOperation({
    operationId: 'createTotpFactor',
    summary: 'Create an authenticator app',
    description:
      'Returns a new secret, once, as text, as a URI and as a QR code. Logins do not require it until a code of it ' +
      'activates it, within ten minutes.',
  })
  async enrol(@Body() body: EnrolTotpDto, @CurrentSession() { userId }: SessionCaller): Promise<PendingTotpDto> {
    return await this.factors.enrol(userId, body.name ?? 'Authenticator app');
  }

  @Post('totp/:id/activate')
  @PadResponseTime()
  @AcceptsMissingMfa()
  @RequireRecentAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(200, RecoveryCodesDto)
  @Fails(InvalidActivationCode, TooManyAttempts, AttemptsInProgress)
  @IdParam('the authenticator app')
  @ApiOperation({
    operationId: 'activateTotpFactor',
    summary: 'Verify and activate an authenticator app',
    description:
      'Logins require a second factor from now on. Revokes all other sessions of the caller, and returns new recovery ' +
      'codes, which replace older ones.',
  })
  async activate(
    @Param('id', IdParamPipe) id: string,
    @Body() { code }: ActivateTotpDto,
    @CurrentSession() caller: SessionCaller,
  ): Promise<RecoveryCodesDto> {
    return { recoveryCodes: await this.factors.activate(caller, id, code) };
  }

  @Delete('totp/:id')
  @AcceptsMissingMfa()
  @RequireRecentAuthentication()
  @Returns(204)
  @Fails(SecondFactorRequired)
  @IdParam('the authenticator app')
  @ApiOperation({
    operationId: 'deleteTotpFactor',
    summary: 'Delete an authenticator app',
    description: 'With the last one, logins no longer require a second factor, and the recovery codes are deleted.',
  })
  async delete(@Param('id', IdParamPipe) id: string, @CurrentSession() caller: SessionCaller): Promise<void> {
    await this.factors.delete(caller, id);
  }

  @Post('recovery-codes')
  @RequireRecentAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(200, RecoveryCodesDto)
  @Fails(MfaNotEnabled)
  @ApiOperation({
    operationId: 'replaceRecoveryCodes',
    summary: 'Create new recovery codes',
    description: 'Returns new recovery codes, once; older ones become invalid.',
  })
  async replaceRecoveryCodes(@CurrentSession() caller: SessionCaller): Promise<RecoveryCodesDto> {
    return { recoveryCodes: await this.factors.replaceRecoveryCodes(caller) };
  }
}
