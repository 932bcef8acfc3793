#include "gateway/host_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace silhouette {
namespace {

using ::testing::Contains;
using ::testing::Each;

TEST(LookUpHost, FindsTheLoopbackOnceOfEachKind) {
  const auto found = LookUpHost("localhost");
  ASSERT_TRUE(found.ok()) << found.status();
  const IpAddress v4 = *IpAddress::Parse("127.0.0.1"), v6 = *IpAddress::Parse("::1");
  EXPECT_THAT(*found, Each(testing::AnyOf(v4, v6)));
  EXPECT_THAT(*found, Contains(v4).Times(1));
}

TEST(LookUpHost, OfANameThatNobodyMayHaveFails) {
  EXPECT_FALSE(LookUpHost("silhouette.invalid").ok());
}

// The system's resolver, as slow as a test likes.
class SlowResolver {
 public:
  HostLookup::LookUp Function() const {
    return [state = state_](const std::string&) -> HostLookup::Addresses {
      ++state->asked;
      state->gate.wait();
      return std::vector<IpAddress>{*IpAddress::Parse("192.0.2.1")};
    };
  }
  void Answer() { state_->open.set_value(); }
  int asked() const { return state_->asked; }

 private:
  struct State {
    std::promise<void> open;
    std::shared_future<void> gate = open.get_future().share();
    std::atomic<int> asked = 0;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST(HostLookup, DoesNotWaitAndAsksOnceUntilThereIsAnAnswer) {
  SlowResolver resolver;
  HostLookup lookup(resolver.Function());
  const auto first = lookup.Start("capture");
  const auto second = lookup.Start("capture");
  EXPECT_NE(first.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  resolver.Answer();
  EXPECT_EQ(first.get()->at(0).ToString(), "192.0.2.1");
  EXPECT_EQ(second.get()->size(), 1u);
  EXPECT_EQ(resolver.asked(), 1);
  EXPECT_TRUE(lookup.Start("capture").get().ok());
  EXPECT_EQ(resolver.asked(), 2);  // a new question, as hosts move
}

TEST(HostLookup, MayGoWhileAQuestionIsOpen) {
  SlowResolver resolver;
  std::shared_future<HostLookup::Addresses> answer;
  {
    HostLookup lookup(resolver.Function());
    answer = lookup.Start("capture");
  }
  resolver.Answer();
  EXPECT_TRUE(answer.get().ok());
}

}  // namespace
}  // namespace silhouette
