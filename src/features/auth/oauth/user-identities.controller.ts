import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../../platform/http/auth/access.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import { Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import { IdentitiesService } from './identities.service.ts';
import { IdentityDto, IdentityList } from './oauth.dto.ts';

/** The linked accounts of other users, for administrators. */
@ApiTags('users')
@Controller('users/:id/identities')
export class UserIdentitiesController {
  constructor(private readonly identities: IdentitiesService) {}

  @Get()
  @RequirePermissions('users:read')
  @Returns(200, IdentityList)
  @IdParam('the user')
  @ApiOperation({
    operationId: 'listUserIdentities',
    summary: "List a user's linked accounts",
    description: 'Returns the accounts at providers with which the user can log in.',
  })
  async list(@Param('id', IdParamPipe) id: string): Promise<IdentityList> {
    return { data: (await this.identities.listOf(id)).map(IdentityDto.from) };
  }
}
