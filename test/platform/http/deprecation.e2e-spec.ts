import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Query } from '@nestjs/common';
import { Deprecated } from '../../../src/platform/http/openapi/deprecated.decorator.ts';
import { Returns } from '../../../src/platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../../src/platform/http/pagination/page-context.decorator.ts';
import { PageOf, PageQuery } from '../../../src/platform/http/pagination/page.dto.ts';
import type { PageRequest } from '../../../src/platform/http/pagination/paginator.ts';
import { Paginator } from '../../../src/platform/http/pagination/paginator.ts';
import { StringField } from '../../../src/platform/validation/fields.ts';
import { startApp } from '../../harness/app/app.ts';

class ThingDto {
  @StringField({ max: 8, description: 'Name.' })
  readonly name!: string;
}

class ThingPage extends PageOf(ThingDto) {}

const deprecation = {
  since: new Date('2026-01-01T00:00:00Z'),
  sunset: new Date('2026-12-31T23:59:59Z'),
  successor: '/v2/things',
};

@Controller('things')
class ThingsController {
  constructor(private readonly pages: Paginator) {}

  @Get()
  @Deprecated(deprecation)
  @Returns(200, ThingPage, 'Link')
  async list(@Query() query: PageQuery, @PageContext() exchange: PageRequest): Promise<ThingPage> {
    return await this.pages.paginate<{ keys: string[] }, ThingDto>(query, exchange, {
      slice: async () => await Promise.resolve({ rows: [], hasMore: false }),
      total: async () => await Promise.resolve({ count: 0, isExact: true }),
      toItem: () => ({ name: 'thing' }),
    });
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const { api, factory } = await startApp({}, [ThingsModule]);
const headers = {
  deprecation: '@1767225600',
  sunset: 'Thu, 31 Dec 2026 23:59:59 GMT',
  link: expect.stringContaining('</v2/things>; rel="successor-version"'),
};

describe('A deprecated route', () => {
  it('sets its headers on every response, beside its other links', async () => {
    const reply = await api.as(await factory.user()).get('/v1/things');

    expect(reply).toMatchObject({ status: 200, headers });
    expect(reply.headers['link']).toContain('rel="first"');
  });

  it('sets its headers on rejected requests', async () => {
    expect(await api.get('/v1/things')).toMatchObject({ status: 401, headers });
  });

  it('is marked in the document', async () => {
    const { body } = await api.get('/docs/openapi.json');
    const { paths } = body as { paths: Record<string, { get: Record<string, unknown> }> };

    expect(paths['/v1/things']?.get).toMatchObject({ deprecated: true });
    expect(JSON.stringify(paths['/v1/things'])).toContain('#/components/headers/Sunset');
    expect(paths['/v1/users']?.get).not.toHaveProperty('deprecated');
    expect(JSON.stringify(body)).not.toContain('x-plinth-');
  });

  it('does not affect other routes', async () => {
    const { headers } = await api.get('/problems');

    expect(headers).not.toHaveProperty('deprecation');
    expect(headers).not.toHaveProperty('sunset');
  });
});
