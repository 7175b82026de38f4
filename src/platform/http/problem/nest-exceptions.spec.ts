import { describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  ConflictException,
  ForbiddenException,
  HttpException,
  NotFoundException,
  PreconditionFailedException,
  UnauthorizedException,
  UnprocessableEntityException,
} from '@nestjs/common';
// They declare the kinds of 401, 403 and 412.
import '../auth/auth.errors.ts';
import './precondition.errors.ts';
import { toProblem } from './to-problem.ts';

const mapped = (thrown: unknown): object => {
  const { slug, status } = toProblem(thrown).kind;
  return { slug, status };
};

describe('toProblem, for an exception of NestJS', () => {
  it.each<[HttpException, string, number]>([
    [new BadRequestException('unknown unit'), 'bad-request', 400],
    [new UnauthorizedException('no session'), 'unauthenticated', 401],
    [new ForbiddenException('not yours'), 'forbidden', 403],
    [new ConflictException('already published'), 'conflict', 409],
    [new HttpException('expired', 410), 'resource-deleted', 410],
    [new PreconditionFailedException('changed'), 'precondition-failed', 412],
    [new UnprocessableEntityException('impossible'), 'validation-failed', 422],
  ])('keeps the status and the message: %s', (exception, slug, status) => {
    expect(mapped(exception)).toEqual({ slug, status });
    expect(toProblem(exception).options.detail).toBe(exception.message);
    expect(toProblem(exception).statusCode).toBe(status);
  });

  it('adds a challenge to 401', () => {
    expect(toProblem(new UnauthorizedException()).options.headers).toEqual({
      'WWW-Authenticate': 'Bearer realm="plinth"',
    });
  });

  it('does not disclose which route is missing', () => {
    const problem = toProblem(new NotFoundException('Cannot GET /v1/nothing'));

    expect(mapped(new NotFoundException())).toEqual({ slug: 'not-found', status: 404 });
    expect(problem.options.detail).toBeUndefined();
  });

  it('maps 403 of @fastify/static to 404', () => {
    const error = Object.assign(new Error('Forbidden'), { code: 'FST_STATIC_FORBIDDEN_PATH', statusCode: 403 });

    expect(mapped(error)).toEqual({ slug: 'not-found', status: 404 });
    expect(mapped(new ForbiddenException('Forbidden', { cause: error }))).toEqual({ slug: 'not-found', status: 404 });
  });
});
