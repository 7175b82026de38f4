import { Body, Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../http/auth/access.decorators.ts';
import { HostCookies } from '../../http/cookies/host-cookies.ts';
import { IgnoresIdempotencyKey } from '../../http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../http/openapi/accepted.dto.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { AttemptsCrowded, TooManyAttempts } from '../attempts/attempts.errors.ts';
import { MagicLinkDto, MailedTokenDto, TokensDto } from './auth.dto.ts';
import { InvalidToken, MagicLinksOff } from './auth.errors.ts';
import { MagicLinksGuard } from './magic-links.guard.ts';
import { browserSecretName, MagicLinksService } from './magic-links.service.ts';

@ApiTags('auth')
@Controller('auth/magic-link')
@Public()
@UseGuards(MagicLinksGuard)
export class MagicLinksController {
  constructor(
    private readonly magicLinks: MagicLinksService,
    private readonly cookies: HostCookies,
  ) {}

  @Post()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto, 'Set-Cookie')
  @Fails(MagicLinksOff, TooManyAttempts)
  @ApiOperation({
    operationId: 'requestMagicLink',
    summary: 'Ask for a login link',
    description:
      'Mails a link that logs in, if the address is the verified one of an account. Always answers the same, and sets a ' +
      'cookie without which the link does not work: it is for this browser alone. Off (404) unless `AUTH_MAGIC_LINK` is ' +
      '`true`.',
  })
  async request(@Body() body: MagicLinkDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<AcceptedDto> {
    const value = await this.magicLinks.request(body.email);
    this.cookies.set(reply, browserSecretName, { value, maxAgeSeconds: this.magicLinks.ttlSeconds });
    return accepted;
  }

  @Post('verify')
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto)
  @Fails(InvalidToken, MagicLinksOff, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'verifyMagicLink',
    summary: 'Log in by a mailed link',
    description:
      'Spends the token of a mailed link on a session, in the browser that has asked for it: the cookie of that reply ' +
      'must be sent. Counts as one factor (`amr` is `email`). Off (404) unless `AUTH_MAGIC_LINK` is `true`.',
  })
  async verify(@Body() body: MailedTokenDto, @Req() request: FastifyRequest): Promise<TokensDto> {
    return TokensDto.from(await this.magicLinks.verify(body.token, this.cookies.read(request, browserSecretName)));
  }
}
