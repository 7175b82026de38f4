import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Query } from '@nestjs/common';
import { Deprecated } from '../src/http/deprecation/deprecated.decorator.ts';
import { Returns } from '../src/http/openapi/operation.decorators.ts';
import { Listing } from '../src/http/pagination/list-exchange.decorator.ts';
import { PageOf, PageQuery } from '../src/http/pagination/page.dto.ts';
import type { ListExchange } from '../src/http/pagination/pages.ts';
import { Pages } from '../src/http/pagination/pages.ts';
import { Text } from '../src/validation/fields.ts';
import { start } from './support/app.ts';

class ThingDto {
  @Text({ max: 8, description: 'Name.' })
  readonly name!: string;
}

class ThingPage extends PageOf(ThingDto) {}

const goes = {
  since: new Date('2026-01-01T00:00:00Z'),
  sunset: new Date('2026-12-31T23:59:59Z'),
  successor: '/v2/things',
};

@Controller('things')
class ThingsController {
  constructor(private readonly pages: Pages) {}

  @Get()
  @Deprecated(goes)
  @Returns(200, ThingPage, 'Link')
  async list(@Query() query: PageQuery, @Listing() exchange: ListExchange): Promise<ThingPage> {
    return await this.pages.answer<{ keys: string[] }, ThingDto>(query, exchange, {
      slice: async () => await Promise.resolve({ rows: [], more: false }),
      total: async () => await Promise.resolve({ count: 0, isExact: true }),
      toItem: () => ({ name: 'thing' }),
    });
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const { api, given } = await start({}, [ThingsModule]);
const said = {
  deprecation: '@1767225600',
  sunset: 'Thu, 31 Dec 2026 23:59:59 GMT',
  link: expect.stringContaining('</v2/things>; rel="successor-version"'),
};

describe('A route that goes', () => {
  it('says so in every reply, beside its other links', async () => {
    const reply = await api.as(await given.user()).get('/v1/things');

    expect(reply).toMatchObject({ status: 200, headers: said });
    expect(reply.headers['link']).toContain('rel="first"');
  });

  it('says so to whom it refuses', async () => {
    expect(await api.get('/v1/things')).toMatchObject({ status: 401, headers: said });
  });

  it('is marked in the document', async () => {
    const { body } = await api.get('/docs/openapi.json');
    const { paths } = body as { paths: Record<string, { get: Record<string, unknown> }> };

    expect(paths['/v1/things']?.get).toMatchObject({ deprecated: true });
    expect(JSON.stringify(paths['/v1/things'])).toContain('#/components/headers/Sunset');
    expect(paths['/v1/users']?.get).not.toHaveProperty('deprecated');
    expect(JSON.stringify(body)).not.toContain('x-plinth-');
  });

  it('is alone in that', async () => {
    const { headers } = await api.get('/problems');

    expect(headers).not.toHaveProperty('deprecation');
    expect(headers).not.toHaveProperty('sunset');
  });
});
