import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsApiKeys } from '../../platform/http/auth/access.decorators.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../platform/http/auth/principal.ts';
import { Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { JobTypeDto, JobTypeList } from './job-types.dto.ts';
import { JobsService } from './jobs.service.ts';

@ApiTags('jobs')
@Controller('job-types')
export class JobTypesController {
  constructor(private readonly jobs: JobsService) {}

  @Get()
  @AcceptsApiKeys()
  @Returns(200, JobTypeList)
  @ApiOperation({
    operationId: 'listJobTypes',
    summary: 'List job types',
    description: 'Returns the types that the caller may create, with the JSON Schemas of payload and result.',
  })
  list(@CurrentPrincipal() caller: Principal): JobTypeList {
    return { data: this.jobs.types(caller).map(JobTypeDto.from) };
  }
}
