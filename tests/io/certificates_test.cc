#include "io/certificates.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "io/asio_scheduler.h"
#include "io/file.h"
#include "io/process.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

/// What the openssl program says: a second opinion on our certificates.
ProcessOutput openssl(const TemporaryDirectory& directory,
                      const std::vector<std::string>& arguments) {
  ProcessSpec spec;
  spec.argv = {"openssl"};
  for (const std::string& argument : arguments)
    spec.argv.push_back(argument);
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.directory = directory.path();
  const Result<ProcessOutput> output = run_process(spec, 30s);
  EXPECT_TRUE(output.ok());
  return output.ok() ? *output : ProcessOutput{.exit_code = -1, .signal = 0, .output = ""};
}

TEST(Certificates, IssuedOnesAreVerifiedForTheirPurposeAndHostsOnly) {
  const TemporaryDirectory directory;
  const PemPair authority = create_authority("test authority").value();
  const PemPair server = issue_certificate(authority, {.common_name = "node-1",
                                                       .hosts = {"127.0.0.1", "::1", "db.example"},
                                                       .purpose = CertificatePurpose::server})
                             .value();
  ASSERT_TRUE(write_pem_pair({directory.file("ca.pem"), directory.file("ca.key")}, authority).ok());
  ASSERT_TRUE(write_pem_pair({directory.file("s.pem"), directory.file("s.key")}, server).ok());
  const auto verify = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"verify", "-x509_strict", "-CAfile", "ca.pem"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.emplace_back("s.pem");
    return openssl(directory, arguments).exit_code;
  };
  EXPECT_EQ(verify({"-purpose", "sslserver", "-verify_ip", "127.0.0.1"}), 0);
  EXPECT_EQ(verify({"-purpose", "sslserver", "-verify_ip", "::1"}), 0);
  EXPECT_EQ(verify({"-purpose", "sslserver", "-verify_hostname", "db.example"}), 0);
  EXPECT_NE(verify({"-verify_ip", "127.0.0.2"}), 0);
  EXPECT_NE(verify({"-purpose", "sslclient"}), 0);
  const std::string text = openssl(directory, {"x509", "-in", "s.pem", "-noout", "-text"}).output;
  EXPECT_NE(text.find("URI:hactl://node-1"), std::string::npos) << text;
  EXPECT_NE(text.find("ASN1 OID: prime256v1"), std::string::npos) << text;
}

TEST(Certificates, TellTheirCommonNameAndTheirEnd) {
  const PemPair authority = create_authority("test authority").value();
  const PemPair client =
      issue_certificate(authority, {.common_name = "paris-a", .hosts = {}, .days = 2}).value();
  EXPECT_EQ(certificate_common_name(client.certificate).value(), "paris-a");
  EXPECT_EQ(certificate_common_name(authority.certificate).value(), "test authority");
  const Duration left(certificate_expires_at(client.certificate).value().milliseconds -
                      AsioScheduler().utc().milliseconds);
  EXPECT_LE(left, 48h);
  EXPECT_GE(left, 47h);
}

TEST(Certificates, DifferInKeyAndSerial) {
  const PemPair authority = create_authority("test authority").value();
  const CertificateRequest request{.common_name = "a", .hosts = {}};
  const PemPair one = issue_certificate(authority, request).value();
  const PemPair two = issue_certificate(authority, request).value();
  EXPECT_NE(one.key, two.key);
  EXPECT_NE(one.certificate, two.certificate);
}

TEST(Certificates, KeysAreReadableByTheirOwnerOnly) {
  const TemporaryDirectory directory;
  const PemPair authority = create_authority("test authority").value();
  ASSERT_TRUE(write_pem_pair({directory.file("ca.pem"), directory.file("ca.key")}, authority).ok());
  struct stat status {};
  ASSERT_EQ(stat(directory.file("ca.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Certificates, RequestsThatCouldMeanSomethingElseAreRefused) {
  const PemPair authority = create_authority("test authority").value();
  const auto code_for = [&](const CertificateRequest& request) {
    const Result<PemPair> pair = issue_certificate(authority, request);
    return pair.ok() ? std::string("issued") : std::string(to_string(pair.error().code));
  };
  EXPECT_EQ(code_for({.common_name = "", .hosts = {}}), "invalid");
  EXPECT_EQ(code_for({.common_name = "a,DNS:evil", .hosts = {}}), "invalid");
  EXPECT_EQ(code_for({.common_name = std::string(65, 'a'), .hosts = {}}), "invalid");
  EXPECT_EQ(code_for({.common_name = "a", .hosts = {"b c"}}), "invalid");
  EXPECT_EQ(code_for({.common_name = "a", .hosts = {""}}), "invalid");
  EXPECT_EQ(code_for({.common_name = "a", .hosts = {}, .days = 0}), "invalid");
  EXPECT_FALSE(create_authority("").ok());
}

TEST(Certificates, AnAuthorityIsACertificateAuthorityWithItsOwnKey) {
  const PemPair authority = create_authority("one").value();
  const PemPair other = create_authority("two").value();
  const PemPair leaf = issue_certificate(authority, {.common_name = "a", .hosts = {}}).value();
  const CertificateRequest request{.common_name = "b", .hosts = {}};
  EXPECT_FALSE(issue_certificate({authority.certificate, other.key}, request).ok());
  EXPECT_FALSE(issue_certificate(leaf, request).ok());
  EXPECT_FALSE(issue_certificate({"garbage", "garbage"}, request).ok());
  EXPECT_FALSE(certificate_common_name("garbage").ok());
}

}  // namespace
}  // namespace hactl
