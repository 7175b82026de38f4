import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../../platform/http/auth/access.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../../platform/http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { ApiKeyDto, ApiKeyPage, ListApiKeysQuery } from './api-keys.dto.ts';
import type { ListedApiKey } from './api-keys.service.ts';
import { ApiKeysService } from './api-keys.service.ts';

/** The API keys of other users, for administrators. */
@ApiTags('users')
@Controller('users/:id/api-keys')
export class UserApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly pages: Paginator,
  ) {}

  @Get()
  @RequirePermissions('users:read')
  @Returns(200, ApiKeyPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'listUserApiKeys',
    summary: "List a user's API keys",
    description: 'Returns the API keys of a user that are not revoked, newest first, never their secrets.',
  })
  async list(
    @Param('id', IdParamPipe) id: string,
    @Query() query: ListApiKeysQuery,
    @PageContext() context: PageRequest,
  ): Promise<ApiKeyPage> {
    return await this.pages.paginate<ListedApiKey, ApiKeyDto>(query, context, {
      slice: async (request) => await this.keys.listOf(id, request),
      total: async () => await this.keys.count(id),
      toItem: (key) => ApiKeyDto.from(key),
    });
  }

  @Delete(':keyId')
  @RequirePermissions('users:write')
  @Returns(204)
  @IdParam({ id: 'the user', keyId: 'the API key' })
  @ApiOperation({
    operationId: 'deleteUserApiKey',
    summary: "Revoke a user's API key",
    description: 'The key becomes invalid on every instance within a second. The user can create another one.',
  })
  async revoke(@Param('id', IdParamPipe) id: string, @Param('keyId', IdParamPipe) keyId: string): Promise<void> {
    await this.keys.revoke(id, keyId);
  }
}
