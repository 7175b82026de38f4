import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Controller, Module, Post, RequestMethod, Res, Sse, StreamableFile, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { EMPTY } from 'rxjs';
import { createApp } from '../src/app.setup.ts';
import { OptionalAuthentication, Public } from '../src/http/auth/access.decorators.ts';
import { IdempotentPerToken, IgnoresIdempotencyKey } from '../src/http/idempotency/idempotency.decorators.ts';
import { testConfig } from './support/app.ts';
import { createDatabase } from './support/database.ts';
import { atTheEnd } from './support/process.ts';

const database = await createDatabase();
atTheEnd(database.drop);

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

describe('The start', () => {
  it.each([[FileController], [LateFileController], [OwnReplyController], [EventsController]])(
    'I13: is refused with %p, whose replies are streams',
    async (controller) => {
      await expect(boot(controller)).rejects.toThrow(
        new RegExp(`^${controller.name}\\.\\w+ answers with a stream.*@IgnoresIdempotencyKey\\(\\)`),
      );
    },
  );

  it.each([[OpenController], [HalfOpenController]])(
    'I4: is refused with %p, whose keys would be nobody’s',
    async (controller) => {
      await expect(boot(controller)).rejects.toThrow(/does not know whose the keys are/);
    },
  );

  it('I13: succeeds with routes that opt out, say whose keys they are, or are no part of the API', async () => {
    await boot(AllowedController, NeutralController);
  });
});
