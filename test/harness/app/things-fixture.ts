import { Body, Controller, Delete, Get, Injectable, Module, Param, Post, Put, Query, Res } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { FastifyReply } from 'fastify';
import { Transactions } from '../../../src/platform/database/transactions.ts';
import { RequirePermissions } from '../../../src/platform/http/auth/access.decorators.ts';
import { PermissionChecker } from '../../../src/platform/http/auth/permission-checker.ts';
import type { Principal } from '../../../src/platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../../src/platform/http/auth/principal.ts';
import {
  IgnoresIdempotencyKey,
  RequiresIdempotencyKey,
} from '../../../src/platform/http/idempotency/idempotency.decorators.ts';
import { Problem } from '../../../src/platform/http/problem/problem.ts';
import type { ProblemKind } from '../../../src/platform/http/problem/problem-kind.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { BooleanField, StringField, IntegerField } from '../../../src/platform/validation/fields.ts';
import { EffectJob, TestJobsModule } from './test-jobs.ts';

/** The table of things, without a unique key: a duplicate effect is a second row. */
export const thingsTable = 'CREATE TABLE things (id serial PRIMARY KEY, name text NOT NULL, amount float8)';

class ThingRefused extends Problem {
  /** Not in the catalogue, which all test files of a worker share. */
  static override readonly kind: ProblemKind = {
    slug: 'test-thing-refused',
    status: 409,
    title: 'The thing is refused',
    description: 'The request has the fault `refuse`.',
    resolution: 'Send the request without a fault.',
  };
}

class ThingDto {
  @StringField({ min: 1, max: 64, description: 'Name.' })
  readonly name!: string;

  @IntegerField({ min: 0, max: Number.MAX_VALUE, optional: true, description: 'Any number.' })
  readonly amount?: number;

  @StringField({ max: 16, optional: true, description: 'refuse, crash, commit-refusal, return-503, forbid, enqueue' })
  readonly fault?: string;

  @IntegerField({ min: 0, max: 1_000_000, optional: true, description: 'Length of the note in the response.' })
  readonly noteLength?: number;

  @IntegerField({
    min: 0,
    max: 2,
    optional: true,
    description: 'Number of serialization failures before the transaction commits.',
  })
  readonly conflicts?: number;

  @BooleanField({ optional: true, description: 'Whether it waits for the lock on 7 to be free.' })
  readonly waits?: boolean;
}

class ThingQuery {
  @StringField({ max: 16, optional: true, description: 'One.' })
  readonly one?: string;

  @StringField({ max: 16, optional: true, description: 'Two.' })
  readonly two?: string;
}

/** Counts the calls of the handlers of this process, also those that are rolled back. */
export const handlerCalls = { count: 0 };

@Injectable()
class Things {
  private failed = 0;

  constructor(
    private readonly db: Transactions,
    private readonly jobs: JobQueue,
  ) {}

  @Transactional()
  async make({ name, amount, fault, waits, conflicts = 0 }: ThingDto): Promise<number> {
    handlerCalls.count += 1;
    const rows = await this.db.tx.$queryRaw<{ id: number }[]>`
      INSERT INTO things (name, amount) VALUES (${name}, ${amount ?? null}) RETURNING id`;
    if (waits === true) await this.db.tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(7)`;
    if (this.failed < conflicts) {
      this.failed += 1;
      await this.db.tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`;
    }
    this.failed = 0;
    if (fault === 'enqueue') await this.jobs.enqueue(EffectJob, { key: name });
    if (fault === 'refuse') throw new ThingRefused();
    if (fault === 'crash') throw new TypeError('A requested crash');
    return rows[0]?.id ?? 0;
  }
}

@Controller('things')
class ThingsController {
  constructor(
    private readonly things: Things,
    private readonly permissions: PermissionChecker,
  ) {}

  @Post()
  async create(
    @Body() body: ThingDto,
    @Query() _query: ThingQuery,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const id = await this.things.make(body);
    void reply.headers({
      Location: `/v1/things/${id}`,
      ETag: '"1"',
      Link: '</v1/things>; rel="collection"',
      'Set-Cookie': 'a=b',
    });
    if (body.fault === 'commit-refusal') void reply.status(409);
    if (body.fault === 'return-503') void reply.status(503);
    if (body.fault === 'forbid') await this.permissions.assertPermissions(['users:write'], caller.permissions);
    return { z: 1, id, name: body.name, a: 'é', ...(body.noteLength && { note: 'n'.repeat(body.noteLength) }) };
  }

  @Put(':id')
  async replace(@Param('id') id: string, @Body() body: ThingDto): Promise<object> {
    return { id, made: await this.things.make(body) };
  }

  @Delete(':id')
  async remove(@Param('id') id: string): Promise<void> {
    await this.things.make({ name: `deleted ${id}` });
  }

  @Get()
  list(): object {
    return { data: [] };
  }

  @Post('strict')
  @RequiresIdempotencyKey()
  async strict(@Body() body: ThingDto): Promise<object> {
    return { id: await this.things.make(body) };
  }

  @Post('loose')
  @IgnoresIdempotencyKey()
  async loose(@Body() body: ThingDto): Promise<object> {
    return { id: await this.things.make(body) };
  }

  @Post('guarded')
  @RequirePermissions('users:write')
  async guarded(@Body() body: ThingDto): Promise<object> {
    return { id: await this.things.make(body) };
  }
}

/** A feature that inserts a row with every request. */
@Module({ imports: [TestJobsModule], controllers: [ThingsController], providers: [Things] })
export class ThingsFixtureModule {}
