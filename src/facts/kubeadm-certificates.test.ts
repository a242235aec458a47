import { describe, expect, it } from 'vitest';
import { CA_PEM } from '../../test/support/fake-kubernetes.ts';
import { certificateEnd } from './certificate-validity.ts';
import { kubeadmCertificates } from './kubeadm-certificates.ts';

/** Made with `openssl req -x509 -days 365`: ends in this half century, so with two digits of the year. */
const SHORT_PEM = `-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUBthL2thKcT3fNqVzdwPmKwqYTQ4wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwHhcNMjYxMTI0MTIyNTU5WhcNMjcx
MTI0MTIyNTU5WjAZMRcwFQYDVQQDDA5rdWJlLWFwaXNlcnZlcjBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABFvOExzHzrYsW3I1hiwNafsSdcfUQmd/fqfG6aFccXcB
VQgJh7qDqa2lV1/LVBh1YxrQex1DiIKIemA/xxF1hIejUzBRMB0GA1UdDgQWBBT0
cZMUdqW/O9/T9Qf0dA+ms/kM3zAfBgNVHSMEGDAWgBT0cZMUdqW/O9/T9Qf0dA+m
s/kM3zAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIA9wsv9S0Fna
FCLCRntL1LmWv1Z7g4aFwKLDaz9Kmxg4AiBciJ+8xCU7SD9WEerGuyujfkadLDhM
E3Kd5IeFY/2cLw==
-----END CERTIFICATE-----`;

describe('certificates of kubeadm', () => {
  it('tell until when they are good, in both forms of a time', () => {
    expect(certificateEnd(SHORT_PEM)).toEqual({ seconds: 1827059159, day: '2027-11-24' });
    expect(certificateEnd(CA_PEM)).toEqual({ seconds: Date.UTC(2126, 9, 31, 11, 37, 12) / 1000, day: '2126-10-31' });
  });

  it('are read with the host’s own clock, and an authority is known by its name', () => {
    const stdout = `1800000000\nfile pki/apiserver.crt\n${SHORT_PEM}\nfile pki/front-proxy-ca.crt\n${CA_PEM}file admin.conf\n`;
    expect(kubeadmCertificates.parse({ exit: 0, stdout, stderr: '' }, undefined)).toMatchObject({
      now: 1_800_000_000,
      certificates: [
        { path: '/etc/kubernetes/pki/apiserver.crt', authority: false },
        { path: '/etc/kubernetes/pki/front-proxy-ca.crt', authority: true, day: '2126-10-31' },
      ],
    });
  });

  it('are unreadable where they are cut short, or no certificates', () => {
    const cut = `-----BEGIN CERTIFICATE-----\n${SHORT_PEM.split('\n')[1]}\n-----END CERTIFICATE-----`;
    expect(() => certificateEnd(cut.slice(0, 60))).toThrow('a certificate');
    expect(() => certificateEnd('-----BEGIN CERTIFICATE-----\nAgEA\n-----END CERTIFICATE-----')).toThrow('no X.509');
    expect(() => kubeadmCertificates.parse({ exit: 127, stdout: '', stderr: 'sed: not found' }, undefined)).toThrow(
      'sed',
    );
  });
});
