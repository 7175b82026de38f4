import { describe, expect, it } from '@jest/globals';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import {
  Body,
  Controller,
  Get,
  Module,
  Param,
  ParseBoolPipe,
  Patch,
  Post,
  Query,
  UnauthorizedException,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Transform, Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsDate,
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import { Public } from '../../../src/platform/http/auth/access.decorators.ts';
import { IdParam } from '../../../src/platform/http/openapi/id-param.decorator.ts';
import type {
  ConditionalContext,
  OperationContext,
} from '../../../src/platform/http/openapi/operation-context.decorators.ts';
import { Context, IfMatchContext } from '../../../src/platform/http/openapi/operation-context.decorators.ts';
import { DateField } from '../../../src/platform/validation/fields.ts';
import { ObjectField } from '../../../src/platform/validation/object-fields.ts';
import { ObjectArrayField, StringArrayField } from '../../../src/platform/validation/list-fields.ts';
import { DecimalField, NumberField } from '../../../src/platform/validation/number-fields.ts';
import { UrlField } from '../../../src/platform/validation/url-field.ts';
import { IdParamPipe } from '../../../src/platform/http/validation/id-param.pipe.ts';
import { startApp } from '../../harness/app/app.ts';

class ToyDto {
  @IsString()
  @MaxLength(20)
  @ApiProperty()
  name!: string;

  @IsOptional()
  @Type(() => Boolean)
  @IsBoolean()
  @ApiPropertyOptional()
  broken?: boolean;
}

class CreateCatDto {
  @IsString()
  @MaxLength(20)
  @ApiProperty({ maxLength: 20 })
  name!: string;

  @Type(() => Number)
  @IsInt()
  @Min(0)
  @ApiProperty({ minimum: 0 })
  age!: number;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ToyDto)
  @ApiPropertyOptional({ type: [ToyDto] })
  toys?: ToyDto[];

  @IsOptional()
  @ValidateNested()
  @Type(() => ToyDto)
  @ApiPropertyOptional()
  favorite?: ToyDto;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => ToyDto)
  @ApiPropertyOptional({ type: [ToyDto] })
  lost?: ToyDto[];
}

class ListCatsDto {
  @IsOptional()
  @Type(() => Boolean)
  @IsBoolean()
  @ApiPropertyOptional()
  vaccinated?: boolean;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @ApiPropertyOptional()
  limit?: number;
}

class VisitDto {
  @IsOptional()
  @Type(() => String)
  @IsString()
  reason?: string;

  @IsOptional()
  @Transform(({ value }: { value: string }) => value.trim())
  @IsString()
  note?: string;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  day?: Date;

  @IsOptional()
  @Type(() => Date)
  @IsDate({ each: true })
  days?: Date[];

  @IsOptional()
  @Transform(({ value }: { value: number }) => new Date(value))
  @IsDate()
  epoch?: Date;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  minutes?: number;
}

class CatDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'integer' })
  age!: number;
}

class LineDto {
  @DecimalField({ precision: 8, scale: 2, description: 'Price.' })
  readonly price!: string;
}

class PriceListDto {
  @NumberField({ min: 0, max: 1, optional: true, description: 'Discount.' })
  readonly discount?: number;

  @DateField({ optional: true, nullable: true, description: 'Last day.' })
  readonly until?: string | null;

  @UrlField({ optional: true, description: 'Page.' })
  readonly link?: string;

  @StringArrayField({
    max: 3,
    items: { min: 1, max: 8, pattern: /^[a-z]*$/ },
    unique: true,
    optional: true,
    description: 'Tags.',
  })
  readonly tags?: readonly string[];

  @ObjectField(LineDto, { optional: true, nullable: true, description: 'The first.' })
  readonly first?: LineDto | null;

  @ObjectArrayField(LineDto, { min: 1, max: 2, optional: true, nullable: true, description: 'Lines.' })
  readonly lines?: readonly LineDto[] | null;
}

class PriceQuery {
  @NumberField({ min: 0, max: 1, optional: true, description: 'Discount.', example: 0.5 })
  readonly discount?: number;

  @DecimalField({ precision: 8, scale: 2, optional: true, description: 'Price.' })
  readonly price?: string;

  @DateField({ optional: true, description: 'Last day.' })
  readonly until?: string;

  @StringArrayField({
    max: 3,
    items: { min: 1, max: 8, pattern: /^[a-z]*$/ },
    unique: true,
    optional: true,
    description: 'Tags.',
  })
  readonly tags?: readonly string[];
}

class ClosedGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

let created = 0;

// Below /v1/things: what the harness knows as routes of tests.
@ApiTags('cats')
@Controller('things/cats')
class CatsController {
  @Post()
  @Public()
  @ApiCreatedResponse({ type: CatDto })
  create(@Body() { name, age }: CreateCatDto): CatDto {
    created += 1;
    return { name, age };
  }

  @Get()
  @Public()
  @ApiOkResponse({ type: Object })
  list(@Query() query: ListCatsDto): object {
    return Object.assign({}, query);
  }

  @Post('visits')
  @Public()
  @ApiCreatedResponse({ type: Object })
  visit(@Body() body: VisitDto): object {
    return Object.assign({}, body);
  }

  @Get('one/:vaccinated')
  @Public()
  one(@Param('vaccinated', ParseBoolPipe) vaccinated: boolean): object {
    return { vaccinated };
  }

  @Post('prices')
  @Public()
  @ApiCreatedResponse({ type: PriceListDto })
  price(@Body() body: PriceListDto): PriceListDto {
    return body;
  }

  @Get('prices')
  @Public()
  @ApiOkResponse({ type: Object })
  prices(@Query() query: PriceQuery): object {
    return Object.assign({}, query);
  }

  @Get('guarded')
  @Public()
  @UseGuards(ClosedGuard)
  guarded(): object {
    return {};
  }

  @Get('rejected')
  @Public()
  rejected(): object {
    throw new UnauthorizedException('A microchip number is required.');
  }

  @Get(':catId/toys/:toyId')
  @IdParam({ catId: 'the cat', toyId: 'the toy' })
  toy(
    @Param('catId', IdParamPipe) catId: string,
    @Param('toyId', IdParamPipe) toyId: string,
    @Context() { caller, reply }: OperationContext,
  ): object {
    void reply.header('x-toy', toyId);
    return { catId, toyId, userId: caller.userId };
  }

  @Patch(':id')
  @IdParam('the cat')
  update(
    @Param('id', IdParamPipe) id: string,
    @Body() body: CreateCatDto,
    @IfMatchContext() { caller, match, reply }: ConditionalContext,
  ): object {
    void reply.header('etag', '"2"');
    return { id, name: body.name, versions: match.versions(), userId: caller.userId };
  }
}

/** Adds a member to every response. */
class SignatureInterceptor implements NestInterceptor<object> {
  intercept(_context: ExecutionContext, next: CallHandler<object>): Observable<object> {
    return next.handle().pipe(map((body) => ({ ...body, signed: true })));
  }
}

let births = 0;

@ApiTags('Things')
@Controller('things/signed-cats')
@UseInterceptors(SignatureInterceptor)
class SignedCatsController {
  @Post()
  create(@Body() { name }: CreateCatDto): object {
    births += 1;
    return { name, births };
  }

  @Get()
  list(): object {
    return { births };
  }
}

@ApiTags('Things')
@Controller('things/numbered-cats')
class NumberedCatsController {
  @Post()
  @UseInterceptors(SignatureInterceptor)
  create(@Body() { name }: CreateCatDto): object {
    births += 1;
    return { name, births };
  }
}

@Module({ controllers: [CatsController, SignedCatsController, NumberedCatsController] })
class CatsModule {}

interface Operation {
  readonly parameters?: readonly { name?: string; in?: string; description?: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

const { api, factory } = await startApp({}, [CatsModule]);
const id = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const url = '/v1/things/cats';
const cat = { name: 'Ada', age: 3 };

const { body: document } = await api.get('/docs/openapi.json');
const { paths, components } = document as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};

describe('a DTO with class-validator and @ApiProperty decorators', () => {
  it('is validated strictly, with a pointer for each violation', async () => {
    expect((await api.post(url, cat)).status).toBe(201);
    const { status, body } = await api.post(url, { name: 'x'.repeat(21), age: -1, color: 'red', toys: [{ name: 7 }] });

    expect(status).toBe(422);
    const { errors } = body as { errors: { pointer: string }[] };
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
      new Set(['#/name', '#/age', '#/color', '#/toys/0/name']),
    );
  });

  it('is documented, and its schema forbids additional properties', () => {
    expect(paths[url]?.['post']?.requestBody).toMatchObject({
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateCatDto' } } },
    });
    expect(components.schemas['CreateCatDto']).toMatchObject({
      required: ['name', 'age'],
      additionalProperties: false,
      properties: { name: { maxLength: 20 }, age: { minimum: 0 } },
    });
    expect(paths[url]?.['get']?.parameters).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'vaccinated', in: 'query' })]),
    );
  });

  it('documents responses, which its schema describes', async () => {
    expect(paths[url]?.['post']?.responses['201']).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/CatDto' } } },
    });
    const matches = new Ajv2020({ strict: false }).compile(components.schemas['CatDto'] ?? {});

    expect(matches((await api.post(url, cat)).body)).toBe(true);
    expect(matches({ name: 'Ada' })).toBe(false);
  });

  it.each([
    ['true', true],
    ['false', false],
  ])('reads the boolean %s of a query through @Type(() => Boolean)', async (text, vaccinated) => {
    expect((await api.get(`${url}?vaccinated=${text}`)).body).toEqual({ vaccinated });
  });

  it.each(['vaccinated=no', 'vaccinated=', 'vaccinated=1', 'limit=', 'limit=0x10', 'limit=1e1', 'limit=one'])(
    'rejects the query %s',
    async (query) => {
      expect(await api.get(`${url}?${query}`)).toBeProblem('invalid-parameter', 400);
    },
  );

  it('reads a number of a query through @Type(() => Number)', async () => {
    expect((await api.get(`${url}?limit=10`)).body).toEqual({ limit: 10 });
  });

  it.each([
    [{ ...cat, age: '3' }, '#/age'],
    [{ ...cat, age: true }, '#/age'],
    [{ ...cat, toys: [{ name: 'ball', broken: 'false' }] }, '#/toys/0/broken'],
  ])('does not convert the JSON values of %j', async (body, pointer) => {
    const reply = await api.post(url, body);

    expect(reply).toBeProblem('validation-failed', 422);
    const { errors } = reply.body as { errors: { pointer: string }[] };
    expect(new Set(errors.map((error) => error.pointer))).toEqual(new Set([pointer]));
  });
});

describe('a DTO with @ValidateNested() and @Type()', () => {
  const toy = { name: 'ball' };
  const repeated = { ...cat, favorite: toy, toys: [toy], lost: [toy] };

  it('accepts an object, and a list of objects', async () => {
    expect((await api.post(url, repeated)).status).toBe(201);
  });

  it.each([
    [{ favorite: [toy] }, '#/favorite is_object'],
    [{ favorite: [[{}]] }, '#/favorite is_object'],
    [{ toys: [toy, [toy]] }, '#/toys/1 is_object'],
    [{ toys: [[{}]] }, '#/toys/0 is_object'],
    [{ toys: toy }, '#/toys is_array'],
    [{ lost: toy }, '#/lost is_array'],
    [{ lost: [[]] }, '#/lost/0 is_object'],
    [{ favorite: { ...toy, toString: 1 } }, '#/favorite/toString unknown_member'],
    [{ favorite: { ...toy, hasOwnProperty: 1 } }, '#/favorite/hasOwnProperty unknown_member'],
    [{ toys: [toy, { ...toy, valueOf: 1 }] }, '#/toys/1/valueOf unknown_member'],
  ])('rejects %j', async (members, violation) => {
    const reply = await api.post(url, { ...cat, ...members });

    expect(reply).toBeProblem('validation-failed', 422);
    const { errors } = reply.body as { errors: { pointer: string; code: string }[] };
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([violation]);
  });
});

describe('a DTO whose conversion throws a TypeError', () => {
  it.each([{ reason: { toString: 1 } }, { day: { toString: 1 } }, { minutes: { toString: 1 } }, { note: 7 }])(
    'has a violation for the member of %j',
    async (member) => {
      const reply = await api.post(`${url}/visits`, { ...member, more: 1 });

      expect(reply).toBeProblem('validation-failed', 422);
      expect(reply.body).toMatchObject({
        errors: [
          { pointer: `#/${Object.keys(member).join()}`, code: 'invalid_type' },
          { pointer: '#/more', code: 'unknown_member' },
        ],
      });
    },
  );
});

describe('a member with @Type(() => Date) and @IsDate()', () => {
  const day = '2026-11-28T00:00:00.000Z';

  it('is read from text, also in a list', async () => {
    const reply = await api.post(`${url}/visits`, { day: '2026-11-28', days: [day] });

    expect(reply).toMatchObject({ status: 201, body: { day, days: [day] } });
  });

  it.each([
    ['day', true],
    ['day', false],
    ['day', 7],
    ['day', []],
    ['day', {}],
    ['day', 'Friday'],
    ['days', [day, 7]],
  ])('is rejected as %s of %j', async (name, value) => {
    const reply = await api.post(`${url}/visits`, { [name]: value });

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: [{ pointer: `#/${name}`, code: 'is_date' }] });
  });

  it('is left to a @Transform() that reads other values', async () => {
    expect(await api.post(`${url}/visits`, { epoch: 0 })).toMatchObject({
      status: 201,
      body: { epoch: '1970-01-01T00:00:00.000Z' },
    });
  });
});

describe('The fields of a DTO', () => {
  const line = { price: '12.50' };
  const decimal = { type: 'string', format: 'decimal', maxLength: 9 };
  const tags = {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 8, pattern: '^[a-z]*$' },
    maxItems: 3,
    uniqueItems: true,
  };

  it('are documented in a body', () => {
    const { properties } = components.schemas['PriceListDto'] as { properties: object };

    expect(properties).toMatchObject({
      discount: { type: 'number', format: 'double', minimum: 0, maximum: 1 },
      until: { type: ['string', 'null'], format: 'date', pattern: expect.any(String) },
      link: { type: 'string', format: 'uri', maxLength: 2048, pattern: expect.stringContaining('https') },
      tags,
      first: { anyOf: [{ $ref: '#/components/schemas/LineDto' }, { type: 'null' }] },
      lines: { type: ['array', 'null'], items: { $ref: '#/components/schemas/LineDto' }, minItems: 1, maxItems: 2 },
    });
    expect(components.schemas['LineDto']).toMatchObject({
      properties: { price: decimal },
      required: ['price'],
      additionalProperties: false,
    });
  });

  it('are documented in a query, where lists are repeated parameters', () => {
    expect(paths[`${url}/prices`]?.['get']?.parameters).toMatchObject([
      { name: 'discount', in: 'query', schema: { type: 'number', minimum: 0, maximum: 1, examples: [0.5] } },
      { name: 'price', in: 'query', schema: decimal },
      { name: 'until', in: 'query', schema: { type: 'string', format: 'date' } },
      { name: 'tags', in: 'query', schema: tags },
    ]);
  });

  it('have pointers to the members of objects and to the entries of lists', async () => {
    const body = { discount: '0.5', tags: ['a', 7, 'B'], first: 1, lines: [line, { price: 12.5, x: 1 }], link: 'x' };
    const response = await api.post(`${url}/prices`, body);

    expect(response).toBeProblem('validation-failed', 422);
    const { errors } = response.body as { errors: { pointer: string; code: string }[] };
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
      '#/discount is_number',
      '#/first is_object',
      '#/lines/1/price is_decimal',
      '#/lines/1/x unknown_member',
      '#/link is_url',
      '#/tags/1 is_string',
      '#/tags/2 matches',
    ]);
  });

  it('are returned as they were sent', async () => {
    const body = {
      discount: 0.1,
      until: null,
      link: 'https://example.com/',
      tags: ['b', 'a'],
      first: null,
      lines: [line],
    };

    expect(await api.post(`${url}/prices`, body)).toMatchObject({ status: 201, body });
  });

  it('are parsed from the text of a query', async () => {
    const read = async (query: string): Promise<unknown> => (await api.get(`${url}/prices?${query}`)).body;

    expect(await read('discount=0.25&price=1.50&until=2028-02-29')).toEqual({
      discount: 0.25,
      price: '1.50',
      until: '2028-02-29',
    });
    expect(await read('tags=a')).toEqual({ tags: ['a'] });
    expect(await read('tags=a&tags=b')).toEqual({ tags: ['a', 'b'] });
    expect(await api.get(`${url}/prices?until=2026-02-29&tags=A&tags=B`)).toMatchObject({
      status: 400,
      body: {
        errors: [
          { parameter: 'until', code: 'is_date' },
          { parameter: 'tags', code: 'matches' },
        ],
      },
    });
  });

  it('reject numbers that overflow', async () => {
    const { baseUrl } = api;
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${baseUrl}${url}/prices`, { method: 'POST', headers, body: '{"discount": 1e400}' });

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '#/discount', code: 'is_number' }] });
  });
});

describe('a @Public() @Post() without further decorators', () => {
  it('ignores idempotency keys, and does not document them', async () => {
    const before = created;
    const replies = [
      await api.post(url, cat, { 'idempotency-key': 'same' }),
      await api.post(url, { ...cat, name: 'Bob' }, { 'idempotency-key': 'same' }),
    ];

    expect(replies.map(({ status }) => status)).toEqual([201, 201]);
    expect(replies[1]?.headers).not.toHaveProperty('idempotency-replayed');
    expect(created - before).toBe(2);
    expect(JSON.stringify(paths[url]?.['post'])).not.toContain('Idempotency');
  });
});

describe('a route that rejects a request as NestJS does', () => {
  it('returns 403 when its guard returns false', async () => {
    expect(await api.get(`${url}/guarded`)).toBeProblem('forbidden', 403);
  });

  it('returns the status and the message of an exception', async () => {
    const reply = await api.get(`${url}/rejected`);

    expect(reply).toBeProblem('unauthenticated', 401);
    expect(reply.body).toMatchObject({ detail: 'A microchip number is required.' });
    expect(reply.headers).toMatchObject({ 'www-authenticate': 'Bearer realm="plinth"' });
  });
});

describe('@IdParam', () => {
  it('documents the ids of a route with two', async () => {
    const user = await factory.user();
    const operation = paths[`${url}/{catId}/toys/{toyId}`]?.['get'];
    const inPath = operation?.parameters?.filter((parameter) => parameter.in === 'path');

    expect(inPath).toMatchObject([
      { name: 'catId', description: 'Identifies the cat (UUID).' },
      { name: 'toyId', description: 'Identifies the toy (UUID).' },
    ]);
    expect((await api.as(user).get(`${url}/${id}/toys/${id}`)).status).toBe(200);
    expect(await api.as(user).get(`${url}/${id}/toys/none`)).toBeProblem('not-found', 404);
  });
});

describe('@Context and @IfMatchContext', () => {
  it('pass the caller, the response and the precondition in one parameter', async () => {
    const user = await factory.user();
    const reply = await api.as(user).patch(`${url}/${id}`, cat, { 'if-match': '"1"' });

    expect(reply).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(reply.body).toEqual({ id, name: 'Ada', versions: [1], userId: user.id });
    expect((await api.as(user).get(`${url}/${id}/toys/${id}`)).headers).toMatchObject({ 'x-toy': id });
  });

  it('document If-Match and require it', async () => {
    const reply = await api.as(await factory.user()).patch(`${url}/${id}`, cat);

    expect(reply).toBeProblem('precondition-required', 428);
    expect(JSON.stringify(paths[`${url}/{id}`]?.['patch']?.parameters)).toContain('IfMatch');
  });

  it('require authentication', async () => {
    expect(await api.get(`${url}/${id}/toys/${id}`)).toBeProblem('unauthenticated', 401);
  });
});

describe('An interceptor of a feature', () => {
  it.each([
    ['controller', 'signed-cats'],
    ['method', 'numbered-cats'],
  ])('on a %s changes the response that is stored under an idempotency key', async (_, path) => {
    const client = api.as(await factory.user());
    const before = births;
    const first = await client.post(`/v1/things/${path}`, cat, { 'idempotency-key': 'same' });
    const repeated = await client.post(`/v1/things/${path}`, cat, { 'idempotency-key': 'same' });

    expect(first).toMatchObject({ status: 201, body: { name: 'Ada', births: before + 1, signed: true } });
    expect(repeated).toMatchObject({ status: 201, body: first.body, headers: { 'idempotency-replayed': 'true' } });
    expect(births).toBe(before + 1);
  });

  it('runs for reads, whose unknown parameters are rejected', async () => {
    const client = api.as(await factory.user());

    expect((await client.get('/v1/things/signed-cats')).body).toMatchObject({ signed: true });
    expect(await client.get('/v1/things/signed-cats?a=1')).toBeProblem('invalid-parameter', 400);
  });
});
