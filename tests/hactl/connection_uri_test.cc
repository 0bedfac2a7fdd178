#include "hactl/connection_uri.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

FormationSpec two_regions() {
  FormationSpec spec;
  spec.regions.resize(2);
  spec.regions[0].name = RegionName("paris");
  spec.regions[0].nodes.resize(1);
  spec.regions[0].nodes[0].name = NodeName("paris-a");
  spec.regions[0].nodes[0].host = "10.11.1.6";
  spec.regions[1].name = RegionName("dublin");
  spec.regions[1].nodes.resize(1);
  spec.regions[1].nodes[0].name = NodeName("dublin-a");
  spec.regions[1].nodes[0].host = "fd00::4";
  spec.regions[1].nodes[0].port = 6000;
  return spec;
}

TEST(ConnectionUri, NamesEveryNodeAndFindsThePrimary) {
  UriRequest request;
  request.ca_file = "/srv/ha/my lab/ca.crt";
  EXPECT_EQ(connection_uri(two_regions(), request).value(),
            "postgresql://ha-admin@10.11.1.6:5432,[fd00::4]:6000/appdb"
            "?target_session_attrs=read-write&sslmode=verify-full"
            "&sslrootcert=/srv/ha/my%20lab/ca.crt");
}

TEST(ConnectionUri, EncodesThePassword) {
  UriRequest request;
  request.password = "p@ss:/w?";
  const std::string uri = connection_uri(two_regions(), request).value();
  EXPECT_TRUE(uri.starts_with("postgresql://ha-admin:p%40ss%3A%2Fw%3F@10.11.1.6")) << uri;
}

TEST(ConnectionUri, NamesTheReadersOwnRegionFirst) {
  UriRequest request;
  request.target = UriTarget::read_only;
  request.from = "dublin";
  const std::string uri = connection_uri(two_regions(), request).value();
  EXPECT_TRUE(
      uri.starts_with("postgresql://ha-admin@[fd00::4]:6000,10.11.1.6:5432/appdb"
                      "?target_session_attrs=prefer-standby&"))
      << uri;
}

TEST(ConnectionUri, AnUnknownRegionIsNotFound) {
  UriRequest request;
  request.from = "rome";
  EXPECT_EQ(connection_uri(two_regions(), request).error().message, "regions \"rome\" not found");
}

TEST(ConnectionUri, SpeaksJdbc) {
  UriRequest request;
  request.format = UriFormat::jdbc;
  request.ca_file = "/ca.crt";
  request.password = "secret";
  EXPECT_EQ(connection_uri(two_regions(), request).value(),
            "jdbc:postgresql://10.11.1.6:5432,[fd00::4]:6000/appdb?targetServerType=primary"
            "&sslmode=verify-full&sslrootcert=/ca.crt&user=ha-admin&password=secret");
}

}  // namespace
}  // namespace hactl
