import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../../platform/http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { ApiKeyDto, ApiKeyPage, CreateApiKeyDto, CreatedApiKeyDto } from './api-keys.dto.ts';
import { ListApiKeysQuery, RotateApiKeyDto } from './api-keys.dto.ts';
import { ApiKeyNotRotatable, ApiKeyScopeNotHeld, TooManyApiKeys } from './api-keys.errors.ts';
import type { ListedApiKey } from './api-keys.service.ts';
import { ApiKeysService } from './api-keys.service.ts';

@ApiTags('auth')
@Controller('auth/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly pages: Paginator,
  ) {}

  @Get()
  @Returns(200, ApiKeyPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @ApiOperation({
    operationId: 'listApiKeys',
    summary: 'List your API keys',
    description: 'Returns the API keys of the caller that are not revoked, newest first.',
  })
  async list(@Query() query: ListApiKeysQuery, @PageContext() context: PageRequest): Promise<ApiKeyPage> {
    const { userId } = context.caller;
    return await this.pages.paginate<ListedApiKey, ApiKeyDto>(query, context, {
      slice: async (request) => await this.keys.list(userId, request),
      total: async () => await this.keys.count(userId),
      toItem: (key) => ApiKeyDto.from(key),
    });
  }

  @Post()
  @RequireRecentAuthentication()
  // A stored response would contain the key.
  @IgnoresIdempotencyKey()
  @Returns(201, CreatedApiKeyDto)
  @Fails(ApiKeyScopeNotHeld, TooManyApiKeys)
  @ApiOperation({
    operationId: 'createApiKey',
    summary: 'Create an API key',
    description:
      'Returns the key once; only its hash is stored. A program sends it as `X-API-Key` and acts for the caller, with ' +
      'those of its scopes that the caller still holds. A key cannot call operations that manage credentials.',
  })
  async create(@Body() body: CreateApiKeyDto, @CurrentSession() caller: SessionCaller): Promise<CreatedApiKeyDto> {
    return CreatedApiKeyDto.issued(await this.keys.create(caller, body));
  }

  @Post(':id/rotate')
  @RequireRecentAuthentication()
  // A stored response would contain the key.
  @IgnoresIdempotencyKey()
  @Returns(201, CreatedApiKeyDto)
  @Fails(ApiKeyNotRotatable, TooManyApiKeys)
  @IdParam('the API key')
  @ApiOperation({
    operationId: 'rotateApiKey',
    summary: 'Create a replacement of an API key',
    description:
      'Returns a new key with the same name and scopes. The former key remains valid for the overlap, so that ' +
      'programs can change to the new one.',
  })
  async rotate(
    @Param('id', IdParamPipe) id: string,
    @Body() body: RotateApiKeyDto,
    @CurrentSession() caller: SessionCaller,
  ): Promise<CreatedApiKeyDto> {
    return CreatedApiKeyDto.issued(await this.keys.rotate(caller, id, body));
  }

  @Delete(':id')
  @Returns(204)
  @IdParam('the API key')
  @ApiOperation({
    operationId: 'deleteApiKey',
    summary: 'Revoke an API key',
    description: 'The key becomes invalid on every instance within a second.',
  })
  async revoke(@Param('id', IdParamPipe) id: string, @CurrentSession() { userId }: SessionCaller): Promise<void> {
    await this.keys.revoke(userId, id);
  }
}
