import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsMissingMfa, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { LastLoginMethod } from '../login-methods/index.ts';
import { TooManyAttempts } from '../login-throttling/index.ts';
import { IdentitiesService } from './identities.service.ts';
import { OAuthFlows, ticketTtlSeconds } from './oauth-flows.service.ts';
import { OAuthCodeDto } from './oauth-code.ts';
import { ProviderParam } from './oauth.document.ts';
import { IdentityDto, IdentityList, StartedOAuthDto, StartOAuthDto } from './oauth.dto.ts';
import { IdentityInUse, InvalidOAuthCode, TooManyIdentities } from './oauth.errors.ts';

/** What a session of a user does with providers: linked accounts, and step-up. */
@ApiTags('auth')
@Controller('auth')
export class IdentitiesController {
  constructor(
    private readonly identities: IdentitiesService,
    private readonly flows: OAuthFlows,
  ) {}

  @Get('identities')
  @Returns(200, IdentityList)
  @ApiOperation({
    operationId: 'listIdentities',
    summary: 'List your linked accounts',
    description: 'Returns the accounts at providers with which the caller can log in.',
  })
  async list(@CurrentSession() { userId }: SessionCaller): Promise<IdentityList> {
    return { data: (await this.identities.list(userId)).map(IdentityDto.from) };
  }

  @Post('identities/:provider/link')
  @RequireRecentAuthentication()
  @IgnoresIdempotencyKey()
  @ProviderParam()
  @Returns(200, StartedOAuthDto)
  @ApiOperation({
    operationId: 'startLink',
    summary: 'Request the link of an account at a provider',
    description:
      'Returns the URL at which the browser logs in at the provider. Complete the link in the same session with the ' +
      'code of the redirect (`POST /v1/auth/identities`).',
  })
  async startLink(
    @Param('provider') provider: string,
    @Body() { redirect, codeChallenge }: StartOAuthDto,
    @CurrentSession() caller: SessionCaller,
  ): Promise<StartedOAuthDto> {
    const url = await this.flows.startUrl({ provider, purpose: 'link', caller, redirect, codeChallenge });
    return { url, expiresIn: ticketTtlSeconds };
  }

  @Post('identities')
  @PadResponseTime()
  @IgnoresIdempotencyKey()
  @Returns(201, IdentityDto)
  @Fails(InvalidOAuthCode, IdentityInUse, TooManyIdentities, TooManyAttempts)
  @ApiOperation({
    operationId: 'createIdentity',
    summary: 'Create a linked account',
    description:
      'Links the account at the provider that the browser has just logged in with, and notifies the account owner by ' +
      'email.',
  })
  async link(@Body() body: OAuthCodeDto, @CurrentSession() caller: SessionCaller): Promise<IdentityDto> {
    return IdentityDto.from(await this.identities.link(caller, body));
  }

  @Delete('identities/:id')
  @RequireRecentAuthentication()
  @Returns(204)
  @Fails(LastLoginMethod)
  @IdParam('the linked account')
  @ApiOperation({
    operationId: 'deleteIdentity',
    summary: 'Delete a linked account',
    description:
      'Logging in with the account at the provider is no longer possible. Revokes all other sessions of the caller. ' +
      'The last way to log in cannot be deleted.',
  })
  async unlink(@Param('id', IdParamPipe) id: string, @CurrentSession() caller: SessionCaller): Promise<void> {
    await this.identities.unlink(caller, id);
  }

  @Post('reauthenticate/oauth/:provider')
  @AcceptsMissingMfa()
  @IgnoresIdempotencyKey()
  @ProviderParam()
  @Returns(200, StartedOAuthDto)
  @ApiOperation({
    operationId: 'startProviderReauthentication',
    summary: 'Request a reauthentication at a provider',
    description:
      'For accounts without a password. Returns the URL at which the provider authenticates the user again. Complete ' +
      'it in the same session with the code of the redirect (`POST /v1/auth/reauthenticate/oauth`).',
  })
  async startReauthentication(
    @Param('provider') provider: string,
    @Body() { redirect, codeChallenge }: StartOAuthDto,
    @CurrentSession() caller: SessionCaller,
  ): Promise<StartedOAuthDto> {
    const url = await this.flows.startUrl({ provider, purpose: 'step-up', caller, redirect, codeChallenge });
    return { url, expiresIn: ticketTtlSeconds };
  }
}
