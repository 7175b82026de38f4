import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsMissingMfa, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { LastLoginMethod, SecondFactorRequired } from '../login-methods/index.ts';
import { PasskeyCreationOptionsDto } from './creation-options.dto.ts';
import { PasskeyDto, PasskeyList, RegisteredPasskeyDto, RegisterPasskeyDto, RenamePasskeyDto } from './passkeys.dto.ts';
import { InvalidPasskey, PasskeysUnavailable, TooManyPasskeys } from './passkeys.errors.ts';
import { PasskeysService } from './passkeys.service.ts';

@ApiTags('auth')
@Controller('auth/passkeys')
export class PasskeysController {
  constructor(private readonly passkeys: PasskeysService) {}

  @Post('options')
  @AcceptsMissingMfa()
  @RequireRecentAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(201, PasskeyCreationOptionsDto)
  @Fails(PasskeysUnavailable)
  @ApiOperation({
    operationId: 'createPasskeyOptions',
    summary: 'Create the options of a new passkey',
    description:
      'Returns what a browser needs to create a passkey; `POST /v1/auth/passkeys` registers it. Returns 404 where the ' +
      'service has no domain: browsers have no passkeys for IP addresses.',
  })
  async options(@CurrentSession() { userId }: SessionCaller): Promise<PasskeyCreationOptionsDto> {
    return await this.passkeys.registrationOptions(userId);
  }

  @Post()
  @AcceptsMissingMfa()
  @RequireRecentAuthentication()
  // A stored response would contain recovery codes.
  @IgnoresIdempotencyKey()
  @Returns(201, RegisteredPasskeyDto)
  @Fails(InvalidPasskey, TooManyPasskeys)
  @ApiOperation({
    operationId: 'createPasskey',
    summary: 'Create a passkey',
    description:
      'Registers what a browser created. Logins with a password require a second factor from now on, and all other ' +
      'sessions of the caller are revoked. The first second factor of an account returns recovery codes, once.',
  })
  async register(
    @Body() body: RegisterPasskeyDto,
    @CurrentSession() caller: SessionCaller,
  ): Promise<RegisteredPasskeyDto> {
    return RegisteredPasskeyDto.registered(await this.passkeys.register(caller, body));
  }

  @Get()
  @AcceptsMissingMfa()
  @Returns(200, PasskeyList)
  @ApiOperation({
    operationId: 'listPasskeys',
    summary: 'List your passkeys',
    description: 'Returns the passkeys of the caller, oldest first.',
  })
  async list(@CurrentSession() { userId }: SessionCaller): Promise<PasskeyList> {
    return { data: (await this.passkeys.list(userId)).map(PasskeyDto.from) };
  }

  @Get(':id')
  @Returns(200, PasskeyDto)
  @IdParam('the passkey')
  @ApiOperation({
    operationId: 'getPasskey',
    summary: 'Get a passkey',
    description: 'Returns a passkey of the caller.',
  })
  async get(@Param('id', IdParamPipe) id: string, @CurrentSession() { userId }: SessionCaller): Promise<PasskeyDto> {
    return PasskeyDto.from(await this.passkeys.get(userId, id));
  }

  @Patch(':id')
  @Returns(200, PasskeyDto)
  @IdParam('the passkey')
  @ApiOperation({
    operationId: 'updatePasskey',
    summary: 'Update a passkey',
    description: 'Changes the name of a passkey of the caller.',
  })
  async rename(
    @Param('id', IdParamPipe) id: string,
    @Body() { name }: RenamePasskeyDto,
    @CurrentSession() { userId }: SessionCaller,
  ): Promise<PasskeyDto> {
    return PasskeyDto.from(await this.passkeys.rename(userId, id, name));
  }

  @Delete(':id')
  @RequireRecentAuthentication()
  @Returns(204)
  @Fails(LastLoginMethod, SecondFactorRequired)
  @IdParam('the passkey')
  @ApiOperation({
    operationId: 'deletePasskey',
    summary: 'Delete a passkey',
    description:
      'With the last second factor, logins no longer require one, and the recovery codes are deleted. The last login ' +
      'method of an account cannot be deleted.',
  })
  async delete(@Param('id', IdParamPipe) id: string, @CurrentSession() caller: SessionCaller): Promise<void> {
    await this.passkeys.delete(caller, id);
  }
}
