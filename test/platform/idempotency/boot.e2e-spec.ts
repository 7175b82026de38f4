import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Controller, Module, Post, RequestMethod, Res, Sse, StreamableFile, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { EMPTY } from 'rxjs';
import { createApp } from '../../../src/app.setup.ts';
import { OptionalAuthentication, Public } from '../../../src/platform/http/auth/access.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  RequiresIdempotencyKey,
} from '../../../src/platform/http/idempotency/idempotency.decorators.ts';
import { testConfig } from '../../harness/app/app.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { onTeardown } from '../../harness/process/service-process.ts';

const database = await createDatabase();
onTeardown(database.drop);

@Controller('streams')
class FileController {
  @Post()
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('file'));
  }
}

@Controller('streams')
class LateFileController {
  @Post()
  @ApiResponse({ status: 200, content: { 'text/csv': { schema: { type: 'string' } } } })
  async file(): Promise<StreamableFile> {
    return await Promise.resolve(new StreamableFile(Buffer.from('file')));
  }
}

@Controller('streams')
class OwnReplyController {
  @Post()
  own(@Res() reply: { send: (body: string) => void }): void {
    reply.send('own');
  }
}

@Controller('streams')
class EventsController {
  @Sse('', { method: RequestMethod.POST })
  events(): Observable<never> {
    return EMPTY;
  }
}

@Controller('open')
class OpenController {
  @Post()
  @Public()
  open(): object {
    return {};
  }
}

@Controller('open')
class UnscopedController {
  @Post()
  @Public()
  @RequiresIdempotencyKey()
  open(): object {
    return {};
  }
}

@Controller('half-open')
class HalfOpenController {
  @Post()
  @OptionalAuthentication()
  open(): object {
    return {};
  }
}

@Controller('open')
class AllowedController {
  @Post('ignored')
  @Public()
  @IgnoresIdempotencyKey()
  ignored(): StreamableFile {
    return new StreamableFile(Buffer.from('file'));
  }

  @Post('token')
  @Public()
  @IdempotentPerToken('token')
  token(): object {
    return {};
  }
}

@Public()
@Controller({ path: 'neutral', version: VERSION_NEUTRAL })
class NeutralController {
  @Post()
  own(@Res() reply: { send: (body: string) => void }): void {
    reply.send('own');
  }
}

function featureOf(...controllers: Type[]): Type {
  @Module({ controllers })
  class Feature {}
  return Feature;
}

async function boot(...controllers: Type[]): Promise<void> {
  const config = testConfig({ DATABASE_URL: database.url });
  const app = await createApp(config, [featureOf(...controllers)]);
  await app.close();
}

describe('The startup', () => {
  it.each([[FileController], [LateFileController], [OwnReplyController], [EventsController]])(
    'fails with %p, whose responses are streams',
    async (controller) => {
      await expect(boot(controller)).rejects.toThrow(
        new RegExp(`^${controller.name}\\.\\w+ returns a stream.*@IgnoresIdempotencyKey\\(\\)`),
      );
    },
  );

  it('fails with a public route that requires keys and does not declare their scope', async () => {
    await expect(boot(UnscopedController)).rejects.toThrow(/accepts keys of unauthenticated clients/);
  });

  it('succeeds with public routes that declare nothing: they ignore keys', async () => {
    await boot(OpenController, HalfOpenController);
  });

  it('succeeds with routes that ignore keys, declare their scope, or are outside the API', async () => {
    await boot(AllowedController, NeutralController);
  });
});
