#include "gateway/service_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "absl/status/status.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HostLookup::Addresses Are(const std::vector<const char*>& texts) {
  std::vector<IpAddress> addresses;
  for (const char* text : texts) addresses.push_back(*IpAddress::Parse(text));
  return addresses;
}

std::vector<std::string> AddressesOf(const Replicas& replicas) {
  std::vector<std::string> addresses;
  for (const Replica& replica : replicas.found) addresses.push_back(replica.address);
  return addresses;
}

class ServiceDirectoryTest : public ::testing::Test {
 protected:
  // That of capture-svc is `capture`.
  ServiceDirectory Directory(std::vector<std::string> capture) {
    return ServiceDirectory({std::move(capture), {"127.0.0.1:2"}, {"127.0.0.1:3"}}, nullptr,
                            [hosts = hosts_](const std::string& host) { return hosts->at(host); });
  }
  HostLookup::Addresses& Host(const std::string& name) {
    return hosts_->try_emplace(name, Are({})).first->second;
  }

  const std::shared_ptr<std::map<std::string, HostLookup::Addresses>> hosts_ =
      std::make_shared<std::map<std::string, HostLookup::Addresses>>();
};

TEST_F(ServiceDirectoryTest, AddressesStandForThemselves) {
  auto directory = Directory({"[::1]:7", "127.0.0.1:7101"});  // nobody is asked about them
  const Replicas found = directory.Find(ServiceKind::kCapture);
  EXPECT_EQ(found.service, ServiceKind::kCapture);
  EXPECT_THAT(AddressesOf(found), ElementsAre("127.0.0.1:7101", "[::1]:7"));
  EXPECT_THAT(found.lost, IsEmpty());
}

TEST_F(ServiceDirectoryTest, ANameStandsForAllItsAddresses) {
  Host("capture") = Are({"192.0.2.2", "192.0.2.1", "2001:db8::1"});
  auto directory = Directory({"capture:7101", "192.0.2.2:7101"});
  EXPECT_THAT(AddressesOf(directory.Find(ServiceKind::kCapture)),
              ElementsAre("192.0.2.1:7101", "192.0.2.2:7101", "[2001:db8::1]:7101"));
}

TEST_F(ServiceDirectoryTest, ChannelsAreKeptForAsLongAsTheReplicaIsThere) {
  Host("capture") = Are({"192.0.2.1", "192.0.2.2"});
  auto directory = Directory({"capture:7101"});
  const Replicas before = directory.Find(ServiceKind::kCapture);
  Host("capture") = Are({"192.0.2.2", "192.0.2.3"});
  const Replicas now = directory.Find(ServiceKind::kCapture);
  EXPECT_THAT(AddressesOf(now), ElementsAre("192.0.2.2:7101", "192.0.2.3:7101"));
  EXPECT_EQ(now.found[0].channel, before.found[1].channel);
  EXPECT_EQ(before.found[0].channel.use_count(), 1);  // the directory has forgotten it
}

TEST_F(ServiceDirectoryTest, ANameThatNoHostHasIsLost) {
  Host("capture") = absl::NotFoundError("no host has that name");
  auto directory = Directory({"capture:7101", "192.0.2.1:7101"});
  const Replicas found = directory.Find(ServiceKind::kCapture);
  EXPECT_THAT(AddressesOf(found), ElementsAre("192.0.2.1:7101"));
  ASSERT_EQ(found.lost.size(), 1u);
  EXPECT_EQ(found.lost[0].address, "capture:7101");
  EXPECT_EQ(found.lost[0].why, "no host has that name");
}

TEST_F(ServiceDirectoryTest, WithoutANameServerANameIsWhatItWas) {
  Host("capture") = absl::UnavailableError("no name server answers");
  auto directory = Directory({"capture:7101"});
  EXPECT_EQ(directory.Find(ServiceKind::kCapture).lost.size(), 1u);
  Host("capture") = Are({"192.0.2.1"});
  EXPECT_THAT(AddressesOf(directory.Find(ServiceKind::kCapture)), ElementsAre("192.0.2.1:7101"));
  Host("capture") = absl::UnavailableError("no name server answers");
  EXPECT_THAT(AddressesOf(directory.Find(ServiceKind::kCapture)), ElementsAre("192.0.2.1:7101"));
  Host("capture") = absl::NotFoundError("no host has that name");
  EXPECT_THAT(AddressesOf(directory.Find(ServiceKind::kCapture)), IsEmpty());
}

TEST_F(ServiceDirectoryTest, ASlowNameServerHoldsUpNobodyForLong) {
  auto never = std::make_shared<std::promise<void>>();
  {
    ServiceDirectory directory(
        {{"capture:7101"}, {"127.0.0.1:2"}, {}}, nullptr,
        [never](const std::string&) {
          never->get_future().wait();
          return Are({});
        },
        std::chrono::milliseconds(1));
    const auto all = directory.FindAll();
    ASSERT_EQ(all.size(), 3u);
    ASSERT_EQ(all[0].lost.size(), 1u);
    EXPECT_THAT(all[0].lost[0].why, HasSubstr("takes too long"));
    EXPECT_THAT(AddressesOf(all[1]), ElementsAre("127.0.0.1:2"));
    EXPECT_THAT(all[2].found, IsEmpty());
    EXPECT_THAT(all[2].lost, IsEmpty());
  }
  never->set_value();
}

TEST_F(ServiceDirectoryTest, AllNamesAreLookedUpAtTheSameTime) {
  struct Meeting {
    std::atomic<int> asked = 0;
    std::promise<void> all_asked;
    std::shared_future<void> gate = all_asked.get_future().share();
  };
  auto meeting = std::make_shared<Meeting>();
  ServiceDirectory directory(
      {{"capture:1"}, {"feature:1"}, {"classify-a:1", "classify-b:1"}}, nullptr,
      [meeting](const std::string&) {
        if (++meeting->asked == 4) meeting->all_asked.set_value();
        meeting->gate.wait();
        return Are({"192.0.2.1"});
      },
      std::chrono::minutes(1));
  for (const Replicas& replicas : directory.FindAll()) {
    EXPECT_THAT(AddressesOf(replicas), ElementsAre("192.0.2.1:1"));
  }
}

}  // namespace
}  // namespace silhouette
