import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiHeader } from '@nestjs/swagger';
import { freeText } from '../../validation/field.ts';
import type { StreamedContent } from '../server/streamed-body.ts';

/** The body of an operation, and how the document describes it. */
interface DocumentedContent extends StreamedContent {
  readonly description: string;
  readonly example: string;
}

/**
 * The handler reads the body itself, as `@Body() file: AsyncIterable<Uint8Array> | undefined`; other media types are 415.
 * The body is not part of the fingerprint of a request with an Idempotency-Key: its Content-Digest is, which is
 * required with a key, and verified. The handler declares
 * `@Fails(ContentDigestRequired, InvalidContentDigest, ContentDigestMismatch)`.
 */
export const StreamsBody = ({ mediaType, maxBytes, description, example }: DocumentedContent): MethodDecorator =>
  applyDecorators(
    RouteConfig({ streamedContent: { mediaType, maxBytes } satisfies StreamedContent }),
    ApiConsumes(mediaType),
    ApiBody({
      description,
      required: true,
      schema: { type: 'string', minLength: 1, maxLength: maxBytes, pattern: freeText, example },
    }),
    ApiHeader({
      name: 'Content-Digest',
      required: false,
      description: 'The SHA-256 of the body (RFC 9530), which is verified. Required with an `Idempotency-Key`.',
      schema: { type: 'string', minLength: 1, maxLength: 1024, pattern: '^[\\x20-\\x7e]+$' },
    }),
  );
