import { applyDecorators } from '@nestjs/common';
import { ApiParam, ApiQuery } from '@nestjs/swagger';

/** Documents the provider in the path. */
export const ProviderParam = (): MethodDecorator =>
  ApiParam({
    name: 'provider',
    description: 'Name of the provider.',
    schema: { type: 'string', minLength: 1, maxLength: 32, pattern: '^[a-z][a-z0-9-]*$', example: 'google' },
  });

const callbackParameters = {
  code: 'The authorization code of the provider.',
  state: 'The value that was sent to the provider.',
  iss: 'The issuer of the response (RFC 9207).',
  error: 'Why the provider refused (RFC 6749 4.1.2.1).',
};

/** Documents the parameters that a provider sends; it may send others. */
export const CallbackParameters = (): MethodDecorator =>
  applyDecorators(
    ...Object.entries(callbackParameters).map(([name, description]) =>
      ApiQuery({
        name,
        required: false,
        description,
        schema: { type: 'string', maxLength: 4096, pattern: '^[^\\x00]*$' },
      }),
    ),
  );
