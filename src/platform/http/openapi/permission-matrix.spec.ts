import { describe, expect, it } from '@jest/globals';
import { Controller, Delete, Get, Module, Post, VERSION_NEUTRAL } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiOperation } from '@nestjs/swagger';
import { Feature } from '../../feature/feature.ts';
import { OptionalAuthentication, Public, RequirePermissions } from '../auth/access.decorators.ts';
import { permissionsPage } from './permission-matrix.ts';

@Controller('notes')
class NotesController {
  @Get()
  @RequirePermissions('notes:read')
  list(): object {
    return {};
  }

  @Post()
  create(): object {
    return {};
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getNote' })
  get(): object {
    return {};
  }

  @Delete(':id')
  @RequirePermissions('notes:write')
  delete(): object {
    return {};
  }

  @Post('search')
  @OptionalAuthentication()
  search(): object {
    return {};
  }
}

@Public()
@Controller({ path: ['pages', '/help/'], version: VERSION_NEUTRAL })
class PagesController {
  @Get()
  show(): object {
    return {};
  }
}

/** The rows of the routes in the page of an application, without the columns' widths. */
async function routesFor(resourceAccess: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const permissions = { 'notes:read': ['admin'], 'notes:write': ['user', 'admin'] };
  @Module({
    imports: [Feature.declare({ permissions, resourceAccess })],
    controllers: [NotesController, PagesController],
  })
  class TestModule {}
  const app = await NestFactory.createApplicationContext(TestModule, { preview: true, logger: false });
  return permissionsPage(app).match(/^\| `[A-Z]+ .*$/gm) ?? [];
}

describe('permissionsPage', () => {
  it('lists every route with what it requires and what each role gets', async () => {
    expect(await routesFor()).toEqual([
      '| `GET /help` | nothing | yes | yes | yes | yes |',
      '| `GET /pages` | nothing | yes | yes | yes | yes |',
      '| `GET /v1/notes` | `notes:read` | 401 | 403 | yes | yes |',
      '| `POST /v1/notes` | authentication | 401 | yes | yes | 403 |',
      '| `DELETE /v1/notes/:id` | `notes:write` | 401 | yes | yes | yes |',
      '| `GET /v1/notes/:id` | ownership | 401 | own | own | 403 |',
      '| `POST /v1/notes/search` | nothing | yes | yes | yes | yes |',
    ]);
  });

  it.each([
    ['owner', 'ownership | 401 | own | own | 403'],
    ['any', 'authentication | 401 | yes | yes | 403'],
    ['notes:read', 'ownership or `notes:read` | 401 | own | yes | 403'],
  ])('applies the resource access %s', async (access, cells) => {
    expect(await routesFor({ getNote: access })).toContain(`| \`GET /v1/notes/:id\` | ${cells} |`);
  });

  it('rejects the resource access of an unknown operation and with an undeclared permission', async () => {
    await expect(routesFor({ getNotes: 'any' })).rejects.toThrow('no route has the operationId getNotes');
    await expect(routesFor({ getNote: 'notes:burn' })).rejects.toThrow('getNote names notes:burn, which no feature');
  });
});
