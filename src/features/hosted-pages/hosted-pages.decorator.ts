import { applyDecorators, Controller, UseFilters, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../platform/http/auth/access.decorators.ts';
import { HostedPagesFilter } from './hosted-pages.filter.ts';
import { CsrfGuard } from './csrf.guard.ts';

/** Public pages under /account: GET changes nothing, the form does (ASVS 3.5.3). */
export const HostedPagesController = (): ClassDecorator =>
  applyDecorators(
    Public(),
    ApiExcludeController(),
    Controller({ path: 'account', version: VERSION_NEUTRAL }),
    UseGuards(CsrfGuard),
    UseFilters(HostedPagesFilter),
  );
