import { describe, expect, it } from 'vitest';
import { explainApiError } from './explain-api-error.ts';

/** An error as the SDK makes it. */
function fault(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

const ABOUT = { action: 'CreateLoadBalancer', resource: 'demo-control' };

describe('an error of AWS', () => {
  it('says what was done to what, and how often', () => {
    const error = explainApiError(fault('ServiceUnavailable', 'try later', { $metadata: { attempts: 6 } }), ABOUT);
    expect(error.message).toBe('CreateLoadBalancer demo-control: ServiceUnavailable: try later (after 6 attempts)');
    expect(error).toMatchObject({ action: 'CreateLoadBalancer', resource: 'demo-control', code: 'ServiceUnavailable' });
  });

  it.each([
    ['CredentialsProviderError', 'AWS_PROFILE'],
    ['ExpiredToken', 'log in again'],
    ['InvalidClientTokenId', 'not accepted'],
    ['UnauthorizedOperation', 'docs/aws.md'],
    ['AccessDenied', 'docs/aws.md'],
    ['Throttling', 'slower'],
    ['TooManyLoadBalancers', 'Service Quotas'],
    ['SecurityGroupLimitExceeded', 'Service Quotas'],
    ['RulesPerSecurityGroupLimitExceeded', 'Service Quotas'],
    ['RequestLimitExceeded', 'slower'],
    ['DuplicateTargetGroupName', 'another run'],
    ['InvalidGroup.Duplicate', 'another run'],
    ['InvalidPermission.Duplicate', 'another run'],
    ['DependencyViolation', 'still uses it'],
    ['ResourceInUse', 'still uses it'],
    ['InvalidVpcID.NotFound', '--region'],
    ['OperationNotPermitted', 'deletionProtection'],
    ['ECONNREFUSED', 'cannot be reached'],
  ])('knows a way on from %s', (code, says) => {
    expect(explainApiError(fault('Error', 'x', { Code: code }), ABOUT).hint).toContain(says);
  });

  it('shows no credentials', () => {
    const text = 'The key AKIAIOSFODNN7EXAMPLE with Credential=ASIAXYZ/2026 and Signature=abc123 is bad';
    const { message } = explainApiError(fault('SignatureDoesNotMatch', text), ABOUT);
    expect(message).not.toMatch(/AKIA|ASIA|abc123/);
  });
});
