import { Controller, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermissions, RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { ReadsOnly } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { dashboardPermission, QueueDashboardCookie } from './queue-dashboard.cookie.ts';

@ApiTags('queues')
@Controller('queues')
export class QueueDashboardController {
  constructor(private readonly cookie: QueueDashboardCookie) {}

  @Post('dashboard')
  @RequirePermissions(dashboardPermission)
  @RequireRecentAuthentication()
  @ReadsOnly()
  @Returns(204, undefined, 'Set-Cookie')
  @ApiOperation({
    operationId: 'createQueueDashboardAccess',
    summary: 'Create access to the dashboard of queues',
    description:
      'Sets a cookie with which a browser opens `/admin/queues` for ten minutes, as long as the session is active. The ' +
      'dashboard shows the messages of BullMQ and changes nothing; without Redis it does not exist.',
  })
  create(@CurrentSession() caller: SessionCaller, @Res({ passthrough: true }) reply: FastifyReply): void {
    this.cookie.issue(caller, reply);
  }
}
