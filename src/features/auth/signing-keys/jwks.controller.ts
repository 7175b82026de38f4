import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../platform/http/auth/access.decorators.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { ServiceUnavailable } from '../../../platform/http/problem/http.errors.ts';
import { keySetMaxAgeSeconds } from './key-rotation.service.ts';
import { SigningKeysService } from './signing-keys.service.ts';

@ApiSchema({ description: 'A JSON Web Key Set (RFC 7517).' })
export class JwksDto {
  @ApiProperty({
    type: 'array',
    maxItems: 16,
    items: { type: 'object', additionalProperties: true, description: 'A JSON Web Key (RFC 7517).' },
    example: [
      {
        ...{ kty: 'EC', use: 'sig', alg: 'ES256', kid: '01938c5e-7a80-7000-8000-3f2d6c1b9a04', crv: 'P-256' },
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    ],
    description: 'The public keys that verify access tokens.',
  })
  readonly keys!: unknown[];
}

@Public()
@ApiTags('auth')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly keys: SigningKeysService) {}

  @Get('jwks.json')
  @Header('Cache-Control', `public, max-age=${keySetMaxAgeSeconds}`)
  @Returns(200, JwksDto)
  @Fails(ServiceUnavailable)
  @ApiOperation({
    operationId: 'getJwks',
    summary: 'Get the JSON Web Key Set',
    description: 'Returns the public keys that verify access tokens (RFC 7517).',
  })
  async jwks(): Promise<JwksDto> {
    return { keys: await this.keys.published() };
  }
}
